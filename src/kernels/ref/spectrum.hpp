// The spectrum of real numbers in integers: the same bytes on every target, with or without a
// floating-point unit, and as exact as single precision for numbers of one magnitude.
//
//   X[k] = sum over n of x[n] e^(-2 pi i k n / N),  N = 2^log2_size
//
//   for (uint32_t i = 0; i < size / 2; ++i) work[Reversed(i, log2_size - 1)] = {x[2 * i], ...};
//   HalfTransform(work, log2_size, twiddles);
//   const Complex line = Line(work, log2_size, twiddles, k);
//
// Neighbouring samples are the two parts of N / 2 complex numbers; after their transform, each line
// of the spectrum is a sum of two. Every step halves, so that nothing overflows.
//
// Units: twiddles are cos(2 pi k / N), -sin(2 pi k / N) in Q31 for k = 0 .. N / 2 - 1. Samples are
// at most 2^30; lines are X / N.
// Exact: within 2^-26 of N times the largest sample. Hostile twiddles wrap.
// Source: the radix-4 transform of Cooley and Tukey, on numbers in the order of radix 2.
#pragma once

#include <bit>
#include <cstdint>

#include "core/op_view.hpp"

namespace covey::kernels::ref {

// How many clips of audio mfcc's input has: (B, n) are B, any other shape is one.
inline int64_t ClipsOf(const TensorView& in) { return in.rank() == 2 ? in.dims[0] : 1; }

struct Complex {
  int32_t re, im;
};

inline constexpr int64_t kLn2Q31 = 1488522236;
inline constexpr int kLeastLog2Size = 3, kMostLog2Size = 12;

// The lowest `bits` bits of `i`, from last to first.
uint32_t Reversed(uint32_t i, int bits);

// In place; `work` holds N / 2 numbers in the order of Reversed.
void HalfTransform(Complex* work, int log2_size, const int32_t* twiddles);

// Line k of 0 .. N / 2.
Complex Line(const Complex* work, int log2_size, const int32_t* twiddles, uint32_t k);

// sqrt(re^2 + im^2), within 2^-24 of its value or 2.
uint32_t Magnitude(Complex value);

// The size (Magnitude) of each line up to `last`, in place of the transform: line k in the first
// part of pair k, that of N / 2 in the second part of pair 0.
void Sizes(Complex* work, int log2_size, const int32_t* twiddles, uint32_t last);

// ln(value) * 2^31, within 16 units; 0 counts as 1.
int64_t LogQ31(uint64_t value);

// How far numbers whose bits `bits` holds (x ^ (x >> 31) of each) can be shifted left and stay
// within 2^30.
inline int Headroom(uint32_t bits) { return bits == 0 ? 30 : std::countl_zero(bits) - 2; }

}  // namespace covey::kernels::ref
