// covey_dsp_depthwise5x5 and 7x7 make rows of output pixels of one channel from its plane, four
// pixels at a time: 16 to 22 instructions for a window's row, 36 beside them.
//
//   const DepthwiseWide* job = ...;        // WideWindow (depthwise_planes.cc) fills it
//   covey_dsp_depthwise5x5(job);           // covey_dsp_depthwise5x5_by_two: a stride of 2
//
// Shapes: a plane holds a channel's padded rows as pairs of neighbours, one word a pair; four
// pixels begin at a whole word. Weights: each row of the window as pairs of taps, (0,1), (2,3),
// ..., then for a stride of 1 (1,2), (3,4), ..., for a stride of 2 the last tap and 0; with 5x5 and
// a stride of 2 a word more. For fast channels with the whole range of int8.
#pragma once

#include <cstdint>

namespace covey::kernels::dsp {

// The assembly copies it to its stack; the offsets there are these.
struct DepthwiseWide {
  int32_t bias, bias_again, multiplier, power;  // of Channel
  int32_t offset;                               // the output's zero point
  int32_t row_step;                             // bytes from one row of the window to the next
  int8_t* out;
  int32_t out_step;  // bytes from pixel to pixel
  int8_t* fours_end;
  int32_t rest;           // pixels of a row behind those
  int32_t back;           // bytes from behind a window to the next four pixels
  int32_t plane_advance;  // bytes from row to row of the output
  const uint32_t* plane;
  int32_t out_gap;  // bytes from a row's fours_end to the next row
  int32_t rows;     // of output, at least 1
  int32_t out_row;  // bytes of an output row
  uint32_t weights[48];
};

extern "C" void covey_dsp_depthwise5x5(const DepthwiseWide* job);
extern "C" void covey_dsp_depthwise5x5_by_two(const DepthwiseWide* job);
extern "C" void covey_dsp_depthwise7x7(const DepthwiseWide* job);
extern "C" void covey_dsp_depthwise7x7_by_two(const DepthwiseWide* job);

}  // namespace covey::kernels::dsp
