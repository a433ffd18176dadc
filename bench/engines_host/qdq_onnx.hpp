// QdqOnnx writes an int8 network as ONNX that ONNX Runtime runs in integers: the same weights, the
// same scales, a QuantizeLinear and DequantizeLinear pair around every op. So both engines run one
// network, and neither is given a better one.
//
//   COVEY_TRY_ASSIGN(std::string bytes, QdqOnnx(graph, Signs::kUnsigned, diag));
//
// Shapes: (N, C, H, W), as ONNX has them; `signs` says whether activations are stored as int8 or,
// shifted by 128, as uint8.
// Errors: kUnimplemented (an op beyond conv, depthwise, fully connected, add, pools, mean, reshape,
// softmax; a reshape that would mix rows and channels).
#pragma once

#include <string>

#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::bench {

enum class Signs { kSigned, kUnsigned };

Result<std::string> QdqOnnx(const compiler::Graph& graph, Signs signs, Diag& diag);

}  // namespace covey::bench
