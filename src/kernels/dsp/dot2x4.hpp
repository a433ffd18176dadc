// Dot2x4 is the inner loop of conv2d: two output channels by four pixels, eight sums at once, for
// quads of pixels one after the other.
//
// Eight accumulators, two pointers and four values fill the fourteen registers: eleven instructions
// (three of them loads, of six words) for sixteen products. Hence assembly: the compiler spills.
//
// Shapes: a step is two terms: x holds a pair of each of four pixels (4 words a step), w a pair of
// each of two channels (2 words a step).
#pragma once

#include <cstdint>

#include "kernels/dsp/finish.hpp"

namespace covey::kernels::dsp {

// The assembly copies it to its stack and reads it there.
struct TwoByFour {
  int32_t bias_a, bias_b;
  const uint32_t* w;
  int32_t skip;  // set by SetSteps
  const uint32_t* w_end;
  const uint32_t* x_end;          // behind the last quad
  int32_t multiplier_a, power_a;  // of Channel
  int32_t multiplier_b, power_b;
  int32_t offset;  // the output's zero point
  int8_t* out;     // of channel a and the first pixel; channel b is the byte behind
  int32_t step;    // bytes from pixel to pixel
  int32_t ending;  // of Ending; kOther: the raw sums of one quad go to `sums`
  const uint32_t* x;
  int32_t* sums;  // a of four pixels, then b

  // `steps` at least 1.
  void SetSteps(int32_t steps) {
    skip = (-steps & 7) * 44;
    w_end = w + 2 * steps;
  }
  void Set(const Channel& a, const Channel& b) {
    bias_a = a.bias, multiplier_a = a.multiplier, power_a = a.power;
    bias_b = b.bias, multiplier_b = b.multiplier, power_b = b.power;
  }
};
static_assert(sizeof(void*) != 4 || sizeof(TwoByFour) == 64);

extern "C" void covey_dsp_dot2x4(const TwoByFour* job);

}  // namespace covey::kernels::dsp
