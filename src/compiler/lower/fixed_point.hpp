// FixedPoint says a real multiplier d > 0 as multiplier / 2^31 * 2^shift, as the kernels take it:
//
//   d = f * 2^shift, 0.5 <= f < 1, multiplier = f * 2^31 rounded half away from zero
//
// Exact: d = 0 and every d < 2^-32 give {0, 0}, as in the TFLite reference.
#pragma once

#include <cmath>
#include <cstdint>

namespace covey::compiler {

struct FixedPoint {
  int32_t multiplier = 0;
  int32_t shift = 0;
};

inline FixedPoint ToFixedPoint(double d) {
  if (d == 0) return {};
  int shift = 0;
  const double fraction = std::frexp(d, &shift);
  auto multiplier = static_cast<int64_t>(std::round(fraction * (int64_t{1} << 31)));
  if (multiplier == int64_t{1} << 31) {
    multiplier /= 2;
    ++shift;
  }
  if (shift < -31) return {};
  return {static_cast<int32_t>(multiplier), shift};
}

}  // namespace covey::compiler
