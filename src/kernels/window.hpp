// A window slides over a picture: tap t of output pixel y looks at input y * stride - pad +
// t * dilation. Clip says which taps lie inside the picture, once a row or column, so that inner
// loops need no test.
//
//   const Taps rows = Clip(y * stride - pad, kernel_rows, dilation, input_rows);
//   for (int32_t t = rows.begin; t < rows.end; ++t) Use(rows.origin + t * dilation);
#pragma once

#include <cstdint>

#include "kernels/check.hpp"

namespace covey::kernels {

struct Taps {
  int32_t origin = 0;  // where tap 0 looks; may be outside
  int32_t begin = 0, end = 0;
  int32_t count() const { return end - begin; }
};

inline Taps Clip(int32_t origin, int32_t taps, int32_t dilation, int32_t size) {
  const int32_t begin = origin < 0 ? (dilation - 1 - origin) / dilation : 0;
  const int32_t room = size - origin;  // taps from room / dilation on lie beyond the end
  const int32_t fit = room <= 0 ? 0 : (room + dilation - 1) / dilation;
  const int32_t end = fit < taps ? fit : taps;
  return {origin, begin, begin < end ? end : begin};
}

// One direction of a window, as its op states it.
struct Slide {
  const char* what;  // "rows" or "columns"
  int32_t input, output, taps, stride, dilation, pad;
};

// Positions fit int32, and if `overlap` every window touches the picture.
Status CheckSlide(const Check& check, const Slide& slide, bool overlap);

}  // namespace covey::kernels
