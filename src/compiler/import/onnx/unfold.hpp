// Unfold rewrites operators of the QOperator format into what they mean, so that one importer reads
// both formats:
//
//   QLinearConv(x, w, bias)   becomes   QuantizeLinear(Conv(DequantizeLinear(x),
//                                       DequantizeLinear(w), DequantizeLinear(bias)))
//
// A convolution or pool of one dimension becomes one of two, whose rows are one.
//
// An operator that moves the values of a quantised tensor (MaxPool, Reshape, ...) is wrapped in the
// same way, with one scale before and after. What cannot be rewritten stays, and is refused by
// name.
#pragma once

#include "onnx.pb.h"

namespace covey::compiler::onnx_import {

void Unfold(::onnx::GraphProto& graph);

}  // namespace covey::compiler::onnx_import
