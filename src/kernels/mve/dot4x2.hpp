// Dot4x2 is the inner loop of conv2d: four output channels by two pixels, VMLADAVA.s8, sixteen
// products an instruction: 14 instructions for 128 products.
//
//   sum[c][p] = sum over k of x[p][k] * w[c][k],   c = 0..3, p = 0..1
//
// The instruction accumulates in even registers only: eight sums fill them all, the odd ones hold
// the pointers. Hence assembly, and a job that the loop keeps on its stack.
//
// Shapes: x is pair after pair of pixels: 16 values of the first, 16 of the second, ceil(terms /
// 16) times. What lies behind a patch's last term is not used.
#pragma once

#include <cstdint>

namespace covey::kernels::mve {

struct Dot4x2 {
  const int8_t* weights[4];
  int32_t chunks, tail;  // terms = 16 * chunks + tail
  // Finished bytes: a pixel's four at out, the next pixel's `step` bytes on. Sums: 8 words a pair.
  void* out;
  int32_t step;
  int32_t offset, most;  // the output's zero point, the range's upper end
  const int8_t* x_end;
  const int8_t* x;
  // Four each: the bias (with the input's offset in it), multiplier and shift of each channel.
  const int32_t *bias, *multiplier, *shift;
  int32_t least;
};

// Exact: as ref/channel.hpp for shifts of -31..-1.
extern "C" void covey_mve_dot4x2_store(const Dot4x2* job);
// The bare sums: c0 p0, c0 p1, c1 p0, ...; bias, multiplier and shift are not looked at.
extern "C" void covey_mve_dot4x2_sums(const Dot4x2* job);

}  // namespace covey::kernels::mve
