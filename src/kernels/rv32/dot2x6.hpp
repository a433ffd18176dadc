// Dot2x6 is the inner loop of conv2d: two output channels by six pixels, two products a
// multiplication.
//
//   sums[c * 6 + p] = first[c] + sum over k of x[p][k] * w[c][k],   c = 0..1, p = 0..5
//
// Two pixels a, b share a word, a + b * 2^16. Times a weight it holds both products, and a sum of
// such words holds both sums as long as a's stays within int16, which it does while the weights'
// magnitudes add up to at most 255. So four taps are summed up, then
//
//   high += (sum + 2^15) >> 16                    exactly b's sum
//   all  += sum + 2^15                            a's + b's * 2^16, modulo 2^32
//
// and at the end a's sum is all - high * 2^16 (less 2^15 for each turn, taken off beforehand). Four
// taps whose weights are too large take two turns, or four: `turns` says where.
//
// 90 instructions for 48 products. Six words of sums, twice, and six of turns fill the registers.
//
// Shapes: x is terms x 3 words: pixels 0 and 1, 2 and 3, 4 and 5. Pixels are int8 values.
// turns: bytes of x up to which taps go by fours; then n > 0: n turns of one tap, or -n: n turns of
// two taps, or 0; and again; ends with -1.
#pragma once

#include <cstdint>

namespace covey::kernels::rv32 {

struct Dot2x6 {
  const uint32_t* x;
  const int8_t* weights[2];
  const int32_t* turns;
  int32_t first[2];  // of the upper pixels
  int32_t all[2];    // first + first * 2^16 - 2^15 * number of turns
  int32_t* sums;     // 12 for each six pixels
  const uint32_t* x_end;
};

extern "C" void covey_rv32_dot2x6(const Dot2x6* job);

}  // namespace covey::kernels::rv32
