// Interval is what the values of a tensor span, and the int8 quantisation that follows from it.
//
//   const ScaleZero q = AsymmetricInt8({.lo = -0.5F, .hi = 2.0F});   // scale 2.5/255, zero -77
//
// Exact: as the TFLite converter: the range is widened to hold 0, the scale is (hi - lo) / 255, and
// the zero point is nudged to a whole number, so that 0 is stored exactly.
#pragma once

#include <cstdint>

namespace covey::compiler {

struct Interval {
  float lo = 0, hi = 0;
};

struct ScaleZero {
  float scale = 1;
  int32_t zero_point = 0;
};

ScaleZero AsymmetricInt8(Interval range);

ScaleZero SymmetricInt16(Interval range);  // the largest magnitude becomes 32767

Interval Union(Interval a, Interval b);

// What is left of x after quantising: 0 where x is a value of the grid.
float RoundTrip(float x, ScaleZero q);
int16_t QuantiseInt16(float x, ScaleZero q);
int8_t QuantiseInt8(float x, ScaleZero q);

}  // namespace covey::compiler
