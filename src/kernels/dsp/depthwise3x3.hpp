// covey_dsp_depthwise3x3 makes rows of output pixels of one channel from its plane: two pixels at a
// time for a stride of 1 (12 instructions for 18 products, 30 in all), one for a stride of 2.
//
// Shapes: a plane holds a channel's padded rows as pairs of neighbours, one word a pair. Weights:
// two words a row of the window, taps (0,1) and (1,2). For fast channels with the whole range of
// int8.
#pragma once

#include <cstdint>

#include "kernels/dsp/finish.hpp"

namespace covey::kernels::dsp {

// The assembly copies the first eleven words to its stack and takes the others into registers.
struct Depthwise3x3 {
  int32_t bias, bias_again, multiplier, power;  // of Channel
  int32_t offset;                               // the output's zero point
  const int8_t* pairs_end;  // of the row: pixels before it go by twos, those behind one by one
  int32_t out_step;         // bytes from pixel to pixel
  const int8_t* row_end;
  int32_t plane_advance;  // bytes from where a row leaves the plane's rows to where the next begins
  int32_t out_row;        // bytes of an output row
  int32_t rows;           // of output, at least 1
  const uint32_t* plane[3];
  uint32_t weights[6];
  int8_t* out;
};

extern "C" void covey_dsp_depthwise3x3_relu(const Depthwise3x3* job);    // Ending::kRelu
extern "C" void covey_dsp_depthwise3x3_signed(const Depthwise3x3* job);  // Ending::kSigned

}  // namespace covey::kernels::dsp
