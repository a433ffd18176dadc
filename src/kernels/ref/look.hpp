// View says where one output pixel of a convolution looks: some rows of dot products, the same for
// each of its channels.
//
//   const View view = Look(attr, in.dims, filter.dims, rows, columns);   // Taps by Clip (window.hpp)
#pragma once

#include <cstdint>
#include <span>

#include "core/op_view.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::ref {

// Neighbouring taps are neighbours in memory too, unless dilation or groups part them: then one dot
// product covers a whole row of the window.
struct View {
  int32_t first_pixel, first_weight;  // offsets of the first tap inside the picture
  int32_t rows, dots, length;         // length: elements of one dot product
  int32_t pixel_row, weight_row;      // steps from row to row
  int32_t pixel_dot, weight_dot;      // and from dot product to dot product
};

// in (N,H,W,C)  filter (O,KH,KW,I), I = C / groups
inline View Look(const ConvAttr& attr, std::span<const int32_t> in, std::span<const int32_t> filter,
                 Taps rows, Taps columns) {
  View view{};
  if (rows.count() == 0 || columns.count() == 0) return view;  // every tap lies outside
  const int32_t y = rows.origin + rows.begin * attr.dilation_h;
  const int32_t x = columns.origin + columns.begin * attr.dilation_w;
  const bool joined = attr.dilation_w == 1 && filter[3] == in[3];
  view.first_pixel = (y * in[2] + x) * in[3];
  view.first_weight = (rows.begin * filter[2] + columns.begin) * filter[3];
  view.rows = rows.count();
  view.dots = joined ? 1 : columns.count();
  view.length = joined ? columns.count() * filter[3] : filter[3];
  // A step is taken only from one tap inside the picture to another, so it fits int32 if there are
  // two.
  view.pixel_row = rows.count() > 1 ? attr.dilation_h * in[2] * in[3] : 0;
  view.weight_row = filter[2] * filter[3];
  view.pixel_dot = columns.count() > 1 ? attr.dilation_w * in[3] : 0;
  view.weight_dot = filter[3];
  return view;
}

}  // namespace covey::kernels::ref
