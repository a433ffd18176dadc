// Dot4x1 is the inner loop of fully_connected: four outputs of one input vector, and the sums of
// their weights, by which the input's offset is added later.
//
//   sums[i] = sum over k of x[k] * w[i * row + k],  sums[4 + i] = sum over k of w[i * row + k]
//
// Thirteen instructions for 64 products. Shapes: chunks * 16 + tail values, nothing beyond is read.
#pragma once

#include <cstdint>

namespace covey::kernels::mve {

struct FourRows {
  const int8_t* weights;
  int32_t row;           // bytes from output to output
  int32_t chunks, tail;  // terms = 16 * chunks + tail
};

extern "C" void covey_mve_dot4x1(const int8_t* x, const FourRows* rows, int32_t* sums);

}  // namespace covey::kernels::mve
