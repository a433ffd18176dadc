#include "compiler/quantize/interval.hpp"

#include <algorithm>
#include <cmath>

namespace covey::compiler {

ScaleZero AsymmetricInt8(Interval range) {
  constexpr double kSteps = 255;
  // A tensor that is all zero still needs a scale; any will do.
  constexpr double kLeastSpan = 1e-6;
  const double lo = std::min(0.0, double{range.lo});
  const double hi = std::max(0.0, double{range.hi});
  const double scale = std::max(hi - lo, kLeastSpan) / kSteps;
  const double zero = std::round(-128.0 - lo / scale);
  return {static_cast<float>(scale), static_cast<int32_t>(std::clamp(zero, -128.0, 127.0))};
}

ScaleZero SymmetricInt16(Interval range) {
  constexpr double kSteps = 32767, kLeastSpan = 1e-6;
  const double most = std::max(std::abs(double{range.lo}), std::abs(double{range.hi}));
  return {static_cast<float>(std::max(most, kLeastSpan) / kSteps), 0};
}

Interval Union(Interval a, Interval b) { return {std::min(a.lo, b.lo), std::max(a.hi, b.hi)}; }

int8_t QuantiseInt8(float x, ScaleZero q) {
  const float steps = std::round(x / q.scale) + static_cast<float>(q.zero_point);
  return static_cast<int8_t>(std::isnan(steps) ? 0 : std::clamp(steps, -128.0F, 127.0F));
}

int16_t QuantiseInt16(float x, ScaleZero q) {
  const float steps = std::round(x / q.scale);
  return static_cast<int16_t>(std::isnan(steps) ? 0 : std::clamp(steps, -32768.0F, 32767.0F));
}

float RoundTrip(float x, ScaleZero q) {
  return q.scale * static_cast<float>(int32_t{QuantiseInt8(x, q)} - q.zero_point);
}

}  // namespace covey::compiler
