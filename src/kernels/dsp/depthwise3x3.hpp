// covey_dsp_depthwise3x3 makes one row of output pixels of four channels from three rows of the
// ring: 54 instructions for 36 products, 32 for the epilogue, 11 for the rest.
//
// Shapes: ring rows hold two words a column, channels (0,2) and (1,3); weights two words a tap.
// For fast channels with the whole range of int8.
#pragma once

#include <cstdint>

#include "kernels/dsp/finish.hpp"

namespace covey::kernels::dsp {

struct Depthwise3x3 {
  uint32_t weights[18];
  Channel channels[4];
  int32_t row_step, out_step;  // bytes from pixel to pixel
  const uint32_t* rows[3];
  int8_t* out;
  int32_t pixels;  // at least 1
};
static_assert(sizeof(Channel) == 16);

extern "C" void covey_dsp_depthwise3x3(const Depthwise3x3* job);

}  // namespace covey::kernels::dsp
