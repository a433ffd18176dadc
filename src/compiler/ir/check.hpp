// CheckGraph refuses a graph that does not hang together; importers call it last, Compile first, so
// that passes need not look twice.
//
// After it: every tensor number is in range; dimensions are not negative and no tensor is larger
// than kMaxTensorBytes; a constant has exactly the bytes of its type and dimensions; quantisation
// lists have one entry or as many as the axis is long, scales are finite and positive; each node
// reads only inputs, constants and what an earlier node wrote; no tensor is written twice.
//
// Errors: kInvalidArgument; the Finding names the tensor or node.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

inline constexpr int64_t kMaxTensorBytes = int64_t{1} << 30;
inline constexpr int32_t kMaxDims = 16;
inline constexpr size_t kMaxTensors = size_t{1} << 20;

// The product of dims, or -1 if one is negative or the product exceeds kMaxTensorBytes.
int64_t SafeElements(const std::vector<int32_t>& dims);

Status CheckGraph(const Graph& graph, Diag& diag);

std::string Describe(const Tensor& tensor);               // "tensor 'conv1' int8[1,32,32,16]"
std::string Describe(const Node& node);                   // "conv2d 'stage2/conv1'"
std::string TypeAndShape(const Tensor& tensor);           // "int8[1,32,32,16]"
std::string ShapeText(const std::vector<int32_t>& dims);  // "[1,32,32,16]"

}  // namespace covey::compiler
