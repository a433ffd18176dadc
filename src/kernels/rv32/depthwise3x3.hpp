// Depthwise3x3 finishes all pixels of one channel, whose picture has been copied out of the others,
// padded, into a plane of its own.
//
// A column of three bytes is loaded once and goes to all windows that hold it: three sums are on
// their way at once (two with a stride of two). 36 instructions a pixel with a stride of one.
//
// Exact: as finish.hpp for fast channels.
#pragma once

#include <cstdint>

namespace covey::kernels::rv32 {

struct Depthwise3x3 {
  const int8_t* plane;
  int32_t row;      // bytes from a window's row to its next
  int32_t advance;  // and from an output row's first window to the next one's
  int32_t pixel;    // bytes from pixel to pixel of the output
  int8_t* out;
  int32_t columns, rows;  // of the output, at least 1
  // Twice the weights, by columns; twice the bias, with the input's offset in it.
  int32_t left[3], middle[3], right[3];
  int32_t bias;
  int32_t multiplier, rounding, shift;  // shift: to the right
  int32_t least, most;
};

extern "C" void covey_rv32_depthwise3x3(const Depthwise3x3* job);
extern "C" void covey_rv32_depthwise3x3_by_two(const Depthwise3x3* job);

}  // namespace covey::kernels::rv32
