// ReadConstant turns an ONNX tensor (an initializer, or the value of a Constant node) into one of
// the IR, and checks its bytes against its dimensions, however they are stored.
//
// Errors: kDataLoss (sizes that do not fit), kUnimplemented (data outside the file; a type that the
// IR has none for).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"
#include "onnx.pb.h"

namespace covey::compiler::onnx_import {

DType TypeOf(int32_t onnx_type);  // kNone if the IR has none

Result<Tensor> ReadConstant(const ::onnx::TensorProto& from, Diag& diag);

// A constant's numbers as int32 (from int32 or int64) or float (from float32); nothing if it is of
// another type or a number does not fit.
std::optional<std::vector<int32_t>> IntsOf(const Tensor& tensor);
std::optional<std::vector<float>> FloatsOf(const Tensor& tensor);

}  // namespace covey::compiler::onnx_import
