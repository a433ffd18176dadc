// A float ONNX network in two: the head runs where the data is, one tensor goes over a link as
// int8, the tail runs where there is power.
//
//   COVEY_TRY_ASSIGN(const auto cuts, OnnxCuts(bytes, diag));       // {"relu3", "relu7", "pool"}
//   COVEY_TRY_ASSIGN(const auto parts, SplitOnnx(bytes, "relu7", {}, diag));
//   // head: input -> relu7; tail: relu7 -> output
//
// With a step the head ends in QuantizeLinear and the tail begins with DequantizeLinear: what goes
// between them is int8, q = round(x / scale) + zero_point. The tail is an ordinary network whose
// input is that tensor: an agent serves it like any other.
// Errors: kDataLoss for what is no ONNX; kUnimplemented for networks with control flow, several
// outputs or an opset below 10; kNotFound for a tensor that is no cut, with those that are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

// Tensors that alone connect all before with all behind, in order.
Result<std::vector<std::string>> OnnxCuts(std::span<const std::byte> onnx, Diag& diag);

struct CutStep {
  float scale = 0;  // 0: the tensor stays float
  int8_t zero_point = 0;
  std::vector<int32_t> dims = {};  // of the tensor, as the tail shall state them; empty: none
};
struct OnnxParts {
  std::vector<std::byte> head, tail;
};
Result<OnnxParts> SplitOnnx(std::span<const std::byte> onnx, const std::string& tensor,
                            const CutStep& step, Diag& diag);

// The step that holds every value from `low` to `high`, zero exactly.
CutStep StepFor(float low, float high);

}  // namespace covey::compiler
