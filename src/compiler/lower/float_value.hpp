// FloatValueOf computes a function of one element in single precision, step by step as TFLite's
// float reference kernels do, so that a float op between dequantize and quantize gives their bytes.
//
//   float y = FloatValueOf({.kind = UnaryKind::kNeg}, 0.5F);   // -0.5
//
// Exact: neg, abs, relu and all that is sums, products and roots; the others as this machine's
// single-precision functions.
#pragma once

#include "compiler/ir/graph.hpp"

namespace covey::compiler {

float FloatValueOf(const Unary& unary, float x);
float Activated(Activation activation, float x);

}  // namespace covey::compiler
