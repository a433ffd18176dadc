#include "kernels/dsp/planes.hpp"

#include "kernels/dsp/simd.hpp"

namespace covey::kernels::dsp {
namespace {

// Four channels of two neighbours, widened.
struct Two {
  uint32_t of[4];
};
inline Two Split(uint32_t left, uint32_t right, uint32_t offset) {
  const uint32_t left_even = WidenEven(offset, left), right_even = WidenEven(offset, right);
  const uint32_t left_odd = WidenOdd(offset, left), right_odd = WidenOdd(offset, right);
  return {{PackLow(left_even, right_even), PackLow(left_odd, right_odd),
           PackHigh(left_even, right_even), PackHigh(left_odd, right_odd)}};
}

}  // namespace

Planes::Planes(const OpView& op, const PlanarLayout& layout, int32_t plane_rows, uint32_t* words)
    : attr_(op.attr_as<ConvAttr>()),
      in_(op.input[0].dims),
      words_(words),
      row_words_(layout.row_words),
      plane_(layout.row_words * plane_rows) {}

// Moves the rows that are still wanted to the planes' begin.
void Planes::Keep(int32_t begin) {
  if (end_ < begin) end_ = begin;
  const int32_t skip = (begin - begin_) * row_words_, count = (end_ - begin) * row_words_;
  for (int channel = 0; channel < 4 && skip > 0; ++channel) {
    uint32_t* to = words_ + channel * plane_;
    for (int32_t i = 0; i < count; ++i) to[i] = to[i + skip];
  }
  begin_ = begin;
}

void Planes::Fill(const int8_t* picture, int32_t begin, int32_t rows) {
  Keep(begin);
  for (; end_ < begin + rows; ++end_)
    FillRow(picture, end_, words_ + (end_ - begin_) * row_words_);
}

void Planes::FillRow(const int8_t* picture, int32_t row, uint32_t* to) const {
  const auto put = [&](const Two& two) {
    to[0] = two.of[0], to[plane_] = two.of[1], to[2 * plane_] = two.of[2];
    to[3 * plane_] = two.of[3];
    ++to;
  };
  const int32_t y = row - attr_.pad_top, width = in_[2], step = in_[3];
  int32_t left = row_words_;
  if (y < 0 || y >= in_[1]) {
    for (; left > 0; --left) put({});
    return;
  }
  const uint32_t offset = Pair(attr_.input_offset);
  const uint32_t outside = Pair(-attr_.input_offset) & 0x00FF00FF;  // bytes that widen to 0
  const uint32_t nothing = outside | outside << 8;
  const int8_t* from = picture + y * width * step;
  int32_t x = -attr_.pad_left;
  for (; x < -1 && left > 0; x += 2, --left) put({});
  if (x == -1 && left > 0) {
    put(Split(nothing, LoadWord(from), offset));
    x = 1, --left, from += step;
  }
  int32_t pairs = (width - x) / 2;
  if (pairs > left) pairs = left;
  left -= pairs, x += 2 * pairs;
  for (; pairs > 0; --pairs, from += 2 * step)
    put(Split(LoadWord(from), LoadWord(from + step), offset));
  if (left > 0 && x < width) {
    put(Split(LoadWord(from), nothing, offset));
    --left;
  }
  for (; left > 0; --left) put({});
}

}  // namespace covey::kernels::dsp
