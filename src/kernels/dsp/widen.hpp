// Widening for conv2d: int8 to pairs of int16, in the order of kernels/dsp/steps.hpp.
//
//   covey_dsp_widen_quad(pixel, to, &layout);   // the windows of four pixels
//   WidenTwo(a, b, steps, to);                  // the weights of two output channels
#pragma once

#include "kernels/dsp/simd.hpp"
#include "kernels/dsp/steps.hpp"

namespace covey::kernels::dsp {

// The last 1 to 3 bytes, zeros behind them.
inline uint32_t LoadTail(const int8_t* from, int32_t count) {
  uint32_t word = 0;
  for (int32_t i = 0; i < count; ++i)
    word |= static_cast<uint32_t>(static_cast<uint8_t>(from[i])) << (8 * i);
  return word;
}

// Four windows that lie inside the picture: rows of 4 bytes or more each, for the assembly.
struct QuadLayout {
  int32_t pixel_step;  // bytes from window to window
  int32_t words;       // whole words of a row
  int32_t rows;
  int32_t row_step;    // bytes from the last whole word of a row to the next row
  int32_t tail_back;   // 4 - tail; 4 without one
  int32_t tail_shift;  // bits; 32 without one
  uint32_t offset;     // a pair
};
// to: 4 words a step, one a pixel.
extern "C" void covey_dsp_widen_quad(const int8_t* from, uint32_t* to, const QuadLayout* layout);

// One row of one window, as the pixel's column of a quad; returns the next step.
uint32_t* WidenRow(const int8_t* from, const Steps& steps, uint32_t offset, uint32_t* to);
uint32_t* ZeroRow(const Steps& steps, uint32_t* to);

// The windows' weights of two output channels side by side, 2 words a step.
void WidenTwo(const int8_t* a, const int8_t* b, const Steps& steps, uint32_t* to);

// The same of rows of int4 (kernels/nibbles.hpp).
void WidenTwoNarrow(const uint8_t* a, const uint8_t* b, const Steps& steps, uint32_t* to);

// The same as a skip list (kernels/skip_list.hpp).
void ListTwo(const int8_t* a, const int8_t* b, const Steps& steps, uint32_t* to);

}  // namespace covey::kernels::dsp
