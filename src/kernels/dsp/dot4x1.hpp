// Dot4x1 is the inner loop of fully_connected: four outputs of one input vector.
//
//   sums[i] = sum over k of (x[k] + offset) * w[i * row + k],  i = 0..3
//
// Input and weights are widened on the way: 1.44 instructions for a multiply-accumulate, and no
// scratch. Shapes: 4 * groups values; groups is at least 1.
#pragma once

#include <cstdint>

namespace covey::kernels::dsp {

struct FourRows {
  const int8_t* weights;
  int32_t row;      // bytes from output to output
  uint32_t offset;  // a pair
  int32_t groups;
};

extern "C" void covey_dsp_dot4x1(const int8_t* x, const FourRows* rows, int32_t* sums);

}  // namespace covey::kernels::dsp
