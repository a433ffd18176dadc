// Quantise turns a real multiplier into the pair that integer kernels use:
// d = multiplier / 2^31 * 2^shift, with 2^30 <= multiplier < 2^31.
//
//   constexpr Multiplier kHalf = Quantise(0.5);   // {1 << 30, 0}
//
// Exact: as TFLite's double rounding: the mantissa is rounded to 31 bits, halves away from zero;
// below 2^-32 the pair is {0, 0}. Works on the bits of the double, without double arithmetic.
#pragma once

#include <bit>
#include <cstdint>

namespace covey::kernels {

struct Multiplier {
  int32_t multiplier = 0;
  int32_t shift = 0;
  friend constexpr bool operator==(const Multiplier&, const Multiplier&) = default;
};

// d must be finite and not negative; its power of two must be below 2^31.
constexpr Multiplier Quantise(double d) {
  constexpr int kMantissaBits = 52;
  const auto bits = std::bit_cast<uint64_t>(d);
  const auto exponent = static_cast<int32_t>(bits >> kMantissaBits & 0x7FF);
  if (exponent == 0) return {0, 0};  // zero, or far below 2^-32
  const uint64_t mantissa = (bits & ((uint64_t{1} << kMantissaBits) - 1)) | uint64_t{1}
                                                                                << kMantissaBits;
  // d = f * 2^shift with 0.5 <= f < 1, f = mantissa / 2^53; the multiplier is f * 2^31, rounded.
  int32_t shift = exponent - 1022;
  uint64_t multiplier = (mantissa + (uint64_t{1} << 21)) >> 22;
  if (multiplier == uint64_t{1} << 31) {
    multiplier = uint64_t{1} << 30;
    ++shift;
  }
  if (shift < -31) return {0, 0};
  return {static_cast<int32_t>(multiplier), shift};
}

}  // namespace covey::kernels
