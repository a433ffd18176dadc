// Functions of one float32 in float32 arithmetic, without a mathematics library: a board has none,
// and every target gives the same result.
//
//   float y = Exp(-1.0F);   // 0.36787945
//
// Exact: within 2 units in the last place (tanh 3, erf 12, power 64; logistic below -9 as TFLite
// has it), measured against double precision by float_functions_test.cc; sqrt is correctly rounded.
// Source: ranges are reduced to where a few terms of the function's own series do.
#pragma once

#include <cstdint>

#include "core/op_view.hpp"

namespace covey::kernels::ref {

float Exp(float x);
float Log(float x);
float Sqrt(float x);
float UnaryFloat(UnaryKind kind, float alpha, float beta, float x);

}  // namespace covey::kernels::ref
