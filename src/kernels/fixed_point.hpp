// The integer arithmetic that all int8 kernels share: requantisation and the fixed-point functions.
// Exact: bit for bit what TFLite's reference kernels compute (double rounding).
//
//   int32_t q = MultiplyByQuantized(acc, multiplier, shift) + output_zero_point;
//
// Names in the literature: SRDHM = RoundingDoublingHighMul, RDP = RoundingDivideByPowerOfTwo,
// MBQM = MultiplyByQuantized. Qm.n is a number with m integer and n fractional bits.
#pragma once

#include <bit>
#include <cstdint>

namespace covey::kernels {

constexpr int32_t kInt32Max = 0x7FFFFFFF;
constexpr int32_t kInt32Min = -kInt32Max - 1;

constexpr int32_t Clamp(int32_t value, int32_t least, int32_t most) {
  return value < least ? least : value > most ? most : value;
}

// a + b and a * 2^n modulo 2^32: for sums whose parts an image supplies, so that a hostile one
// gives a wrong number, not undefined behaviour.
constexpr int32_t WrapAdd(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}
constexpr int32_t WrapShift(int32_t a, int n) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) << n);
}

// a * b / 2^31, halves rounded up. Not for a = b = -2^31.
constexpr int32_t RoundingDoublingHighMul(int32_t a, int32_t b) {
  return static_cast<int32_t>((int64_t{a} * b + (int64_t{1} << 30)) >> 31);
}

// value / 2^exponent, halves rounded away from zero; exponent 0..31.
constexpr int32_t RoundingDivideByPowerOfTwo(int32_t value, int exponent) {
  const auto mask = static_cast<int32_t>((uint32_t{1} << exponent) - 1);
  const int32_t remainder = value & mask;
  const int32_t threshold = (mask >> 1) + (value < 0 ? 1 : 0);
  return (value >> exponent) + (remainder > threshold ? 1 : 0);
}

// value * multiplier / 2^31 * 2^shift; multiplier >= 0, shift -31..31. Two roundings: the
// product's, then the right shift's.
constexpr int32_t MultiplyByQuantized(int32_t value, int32_t multiplier, int32_t shift) {
  const int left = shift > 0 ? shift : 0;
  const int right = shift > 0 ? 0 : -shift;
  return RoundingDivideByPowerOfTwo(RoundingDoublingHighMul(WrapShift(value, left), multiplier),
                                    right);
}

// The same for the 64-bit sums of int16 activations; shift -31..7. The multiplier is rounded to 15
// bits first; one rounding, halves up; what leaves int32 wraps.
constexpr int32_t MultiplyWideByQuantized(int64_t value, int32_t multiplier, int32_t shift) {
  const int32_t reduced = multiplier < 0x7FFF0000 ? (multiplier + (1 << 15)) >> 16 : 0x7FFF;
  const int right = 15 - shift;
  const uint64_t product = static_cast<uint64_t>(value) * static_cast<uint64_t>(reduced);
  return static_cast<int32_t>(static_cast<int64_t>(product + (uint64_t{1} << (right - 1))) >>
                              right);
}

// exp(a / 2^fraction_bits) for a <= 0, in Q0.31. fraction_bits 24..28 (26 in softmax).
// Range reduction: a = u - g, u in [-1/4, 0) by a polynomial, g a sum of powers of two, each with
// its constant exp(-2^k).
constexpr int32_t ExpOfNegative(int32_t a, int fraction_bits) {
  if (a == 0) return kInt32Max;
  const int32_t quarter = int32_t{1} << (fraction_bits - 2);
  const int32_t u = (a & (quarter - 1)) - quarter;

  // Taylor's polynomial about -1/8, in Q0.31.
  constexpr int32_t kExpOfMinusEighth = 1895147668;
  constexpr int32_t kThird = 715827883;
  const int32_t x = WrapShift(u, 31 - fraction_bits) + (int32_t{1} << 28);
  const int32_t x2 = RoundingDoublingHighMul(x, x);
  const int32_t x3 = RoundingDoublingHighMul(x2, x);
  const int32_t x4 = RoundingDoublingHighMul(x2, x2);
  const int32_t tail = RoundingDivideByPowerOfTwo(
      RoundingDoublingHighMul(RoundingDivideByPowerOfTwo(x4, 2) + x3, kThird) + x2, 1);
  int32_t result = kExpOfMinusEighth + RoundingDoublingHighMul(kExpOfMinusEighth, x + tail);

  constexpr int32_t kExpOfMinusPower[] = {1672461947, 1302514674, 790015084, 290630308,
                                          39332535,   720401,     242};  // exp(-2^k), k = -2..4
  const int32_t g = u - a;
  for (int i = 0; i < 7 && fraction_bits - 2 + i < 31; ++i)
    if ((g >> (fraction_bits - 2 + i) & 1) != 0)
      result = RoundingDoublingHighMul(result, kExpOfMinusPower[i]);
  return result;
}

// value * 2^n, saturated.
constexpr int32_t SaturatingShift(int32_t value, int n) {
  const int64_t wide = int64_t{value} * (int64_t{1} << n);
  if (wide > kInt32Max) return kInt32Max;
  if (wide < kInt32Min) return kInt32Min;
  return static_cast<int32_t>(wide);
}

// 2 / (1 + x) for x in [0, 1), x in Q0.31, the result in Q2.29: Newton's method.
constexpr int32_t TwoOverOnePlus(int32_t x) {
  constexpr int32_t k48Over17 = 1515870810;
  constexpr int32_t kMinus32Over17 = -1010580540;
  constexpr int32_t kOne = int32_t{1} << 29;
  const auto half = static_cast<int32_t>((int64_t{x} + (int64_t{1} << 31)) / 2);
  int32_t y = k48Over17 + RoundingDoublingHighMul(half, kMinus32Over17);
  for (int i = 0; i < 3; ++i) {
    const int32_t error = kOne - RoundingDoublingHighMul(half, y);
    y += SaturatingShift(RoundingDoublingHighMul(y, error), 2);
  }
  return y;
}

// 1 / (1 + x) and (1 - x) / (1 + x) for x in [0, 1), all Q0.31.
constexpr int32_t OneOverOnePlus(int32_t x) { return SaturatingShift(TwoOverOnePlus(x), 1); }
constexpr int32_t OneMinusOverOnePlus(int32_t x) {
  return SaturatingShift(TwoOverOnePlus(x) - (int32_t{1} << 29), 2);
}

}  // namespace covey::kernels
