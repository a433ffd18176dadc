// Fixed-point functions of 16 bits, as the gates of an lstm compute them. Qm.n is an int16 with m
// integer and n = 15 - m fractional bits.
// Exact: bit for bit what TFLite's reference kernels compute.
//
//   int16_t gate = Logistic16(sum);         // Q3.12 -> Q0.15
//   int16_t squashed = Tanh16(cell, 4);     // Q4.11 -> Q0.15
#pragma once

#include "kernels/fixed_point.hpp"

namespace covey::kernels {

constexpr int16_t Saturate16(int32_t value) {
  return static_cast<int16_t>(Clamp(value, -32768, 32767));
}

// a * b / 2^15, halves rounded up.
constexpr int16_t HighMul16(int16_t a, int16_t b) {
  return Saturate16((int32_t{a} * b + (1 << 14)) >> 15);
}

// The upper half of a constant of 32 bits, rounded.
constexpr int16_t Half(int32_t constant) {
  return static_cast<int16_t>(RoundingDivideByPowerOfTwo(constant, 16));
}

// exp(a) for a <= 0 in Q(m).(15-m), m 0..7, in Q0.15; the steps of ExpOfNegative.
constexpr int16_t Exp16OfNegative(int16_t a, int integer_bits) {
  if (a == 0) return 32767;
  if (integer_bits > 5 && a < -(1 << (20 - integer_bits))) return 0;  // below exp(-32)
  const int fraction = 15 - integer_bits;
  const int32_t quarter = 1 << (fraction - 2);
  const int32_t u = (a & (quarter - 1)) - quarter;
  constexpr int16_t kExpOfMinusEighth = Half(1895147668), kThird = Half(715827883);
  const auto x = static_cast<int16_t>(Saturate16(u * (1 << integer_bits)) + (1 << 12));
  const int16_t x2 = HighMul16(x, x), x3 = HighMul16(x2, x), x4 = HighMul16(x2, x2);
  const auto cubes = static_cast<int16_t>(RoundingDivideByPowerOfTwo(x4, 2) + x3);
  const int32_t tail = RoundingDivideByPowerOfTwo(HighMul16(cubes, kThird) + x2, 1);
  int16_t result =
      Saturate16(kExpOfMinusEighth + HighMul16(kExpOfMinusEighth, static_cast<int16_t>(x + tail)));
  constexpr int16_t kExpOfMinusPower[] = {Half(1672461947), Half(1302514674), Half(790015084),
                                          Half(290630308),  Half(39332535),   Half(720401),
                                          Half(242)};  // exp(-2^k), k = -2..4
  const int32_t g = u - a;
  for (int i = 0; i < 7 && i - 2 < integer_bits; ++i)
    if ((g >> (fraction - 2 + i) & 1) != 0) result = HighMul16(result, kExpOfMinusPower[i]);
  return result;
}

// 2 / (1 + x) for x in [0, 1) in Q0.15, in Q2.13.
constexpr int16_t TwoOverOnePlus16(int16_t x) {
  constexpr int16_t k48Over17 = Half(1515870810), kMinus32Over17 = Half(-1010580540);
  const auto half = static_cast<int16_t>((int32_t{x} + 32767 + 1) / 2);
  auto y = static_cast<int16_t>(k48Over17 + HighMul16(half, kMinus32Over17));
  for (int i = 0; i < 3; ++i) {
    const auto error = static_cast<int16_t>((1 << 13) - HighMul16(half, y));
    y = static_cast<int16_t>(y + Saturate16(HighMul16(y, error) * 4));
  }
  return y;
}

// 1 / (1 + exp(-a)), a in Q3.12, in Q0.15.
constexpr int16_t Logistic16(int16_t a) {
  if (a == 0) return 1 << 14;
  const auto negative = static_cast<int16_t>(a < 0 ? a : -a);
  const int16_t value = Saturate16(TwoOverOnePlus16(Exp16OfNegative(negative, 3)) * 2);
  return a > 0 ? value : static_cast<int16_t>(32767 - value);
}

// tanh(a), a with 0 to 6 integer bits, in Q0.15.
constexpr int16_t Tanh16(int16_t a, int integer_bits) {
  if (a == 0) return 0;
  const auto negative = static_cast<int16_t>(a < 0 ? a : -a);
  const int16_t y = TwoOverOnePlus16(Exp16OfNegative(negative, integer_bits + 1));
  const int16_t value = Saturate16((y - (1 << 13)) * 4);
  return a > 0 ? value : static_cast<int16_t>(-value);
}

}  // namespace covey::kernels
