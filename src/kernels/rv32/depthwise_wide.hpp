// DepthwiseWide finishes all pixels of one channel with a window of 5x5 or 7x7, whose picture has
// been copied out of the others, padded, into a plane of its own: four pixels at a time, so that a
// weight is loaded once for four products and a byte once for all windows in its row.
//
//   RunWide<5, 1>(job, finish_one);   // finish_one(sum) is the byte
//
// Shapes: rows of the plane hold whole fours of windows.
#pragma once

#include <cstdint>

namespace covey::kernels::rv32 {

struct DepthwiseWide {
  const int8_t* plane;
  int32_t row;      // bytes from a window's row to its next
  int32_t advance;  // and from an output row's first window to the next one's
  int32_t pixel;    // bytes from pixel to pixel of the output
  int8_t* out;
  int32_t columns, rows;  // of the output
  int32_t bias;           // with the input's offset in it
  int32_t weights[49];
};

template <int window, int stride, typename Finish>
void RunWide(const DepthwiseWide& job, const Finish& finish) {
  const int8_t* line = job.plane;
  int8_t* out = job.out;
  for (int32_t rows = job.rows; rows > 0; --rows, line += job.advance) {
    const int8_t* begin = line;
    for (int32_t left = job.columns; left > 0; left -= 4, begin += 4 * stride) {
      int32_t sums[4] = {job.bias, job.bias, job.bias, job.bias};
      const int8_t* from = begin;
      const int32_t* w = job.weights;
      for (int ky = 0; ky < window; ++ky, from += job.row, w += window) {
        int32_t bytes[3 * stride + window];
#pragma GCC unroll 16
        for (int i = 0; i < 3 * stride + window; ++i) bytes[i] = from[i];
#pragma GCC unroll 8
        for (int kx = 0; kx < window; ++kx)
#pragma GCC unroll 4
          for (int i = 0; i < 4; ++i) sums[i] += bytes[i * stride + kx] * w[kx];
      }
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        if (i >= left) break;
        *out = finish(sums[i]);
        out += job.pixel;
      }
    }
  }
}

}  // namespace covey::kernels::rv32
