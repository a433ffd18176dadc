// Dot2x4 is the inner loop of conv2d: two output channels by four pixels, eight sums at once.
//
//   sums[0..3] = channel a, pixels 0..3;  sums[4..7] = channel b
//
// Eight accumulators, two pointers and four values fill the fourteen registers: 0.71 instructions
// for a multiply-accumulate, eleven for sixteen. Hence assembly: the compiler spills.
//
// Shapes: x is groups x 8 words: the even pairs of four pixels, then the odd ones (WidenGroups<8>);
// w is groups x 4 words (WidenTwo). groups is at least 1.
#pragma once

#include <cstdint>

#include "kernels/dsp/finish.hpp"

namespace covey::kernels::dsp {

extern "C" void covey_dsp_dot2x4(const uint32_t* x, const uint32_t* w, int32_t groups,
                                 int32_t* sums);

// The same with the epilogue: finished bytes of channel a at out, of b at out + 1, then `step`
// bytes on for the next pixel. For fast channels with the whole range of int8.
struct TwoByFour {
  const Channel* a;
  const Channel* b;
  int8_t* out;
  int32_t step;
};
extern "C" void covey_dsp_dot2x4_store(const uint32_t* x, const uint32_t* w, int32_t groups,
                                       const TwoByFour* to);

}  // namespace covey::kernels::dsp
