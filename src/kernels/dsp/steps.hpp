// The order of a convolution's terms in scratch: row by row of the window, each row a run of bytes
// (its taps' channels), widened four at a time to two steps of two terms, (0,2) and (1,3), as
// SXTB16 gives them. One byte left over takes a step with an empty half, two or three take two
// steps.
//
//   const Steps steps(filter);            // of conv2d, (O,KH,KW,I)
//   steps.count()                         // steps of a window
//
// Activations and weights use the same order; an empty half has weight 0, so that its activation
// may be anything.
#pragma once

#include <cstdint>
#include <span>

namespace covey::kernels::dsp {

struct Steps {
  int32_t rows, row_bytes, row_steps;

  explicit Steps(std::span<const int32_t> filter)
      : rows(filter[1]), row_bytes(filter[2] * filter[3]) {
    const int32_t tail = row_bytes % 4;
    row_steps = row_bytes / 4 * 2 + (tail > 1 ? 2 : tail);
  }
  int32_t count() const { return rows * row_steps; }
  int32_t tail() const { return row_bytes % 4; }
};

}  // namespace covey::kernels::dsp
