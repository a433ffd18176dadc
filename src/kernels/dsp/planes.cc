#include "kernels/dsp/planes.hpp"

#include "kernels/dsp/simd.hpp"

namespace covey::kernels::dsp {
Planes::Planes(const OpView& op, const PlanarLayout& layout, int32_t plane_rows, uint32_t* words)
    : attr_(op.attr_as<ConvAttr>()),
      in_(op.input[0].dims),
      words_(words),
      row_words_(layout.row_words),
      plane_(layout.row_words * plane_rows) {
  const auto least = [](int32_t a, int32_t b) { return a < b ? a : b; };
  int32_t left = row_words_;
  lead_ = least(attr_.pad_left / 2, left);
  left -= lead_;
  first_half_ = least(attr_.pad_left % 2, left);
  left -= first_half_;
  const int32_t columns = in_[2] - first_half_;
  pairs_ = least(columns / 2, left);
  left -= pairs_;
  last_half_ = least(columns % 2, left);
  trail_ = left - last_half_;
  offset_ = Pair(attr_.input_offset);
  nothing_ = (Pair(-attr_.input_offset) & 0x00FF00FF) * 0x101;
}

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
  const int32_t row_bytes = in_[2] * in_[3];
  for (; end_ < begin + rows; ++end_) {
    uint32_t* to = words_ + (end_ - begin_) * row_words_;
    const int32_t y = end_ - attr_.pad_top;
    if (y < 0 || y >= in_[1]) {
      Zero(to, row_words_);
    } else {
      FillRow(picture + y * row_bytes, to);
    }
  }
}

uint32_t* Planes::Zero(uint32_t* to, int32_t words) const {
  for (; words > 0; --words, ++to) to[0] = to[plane_] = to[2 * plane_] = to[3 * plane_] = 0;
  return to;
}

void Planes::FillRow(const int8_t* from, uint32_t* to) const {
  const int32_t step = in_[3], plane = plane_;
  const uint32_t offset = offset_, nothing = nothing_;  // no store below can change them
  // Four channels of two neighbours.
  const auto put = [=](uint32_t left, uint32_t right, uint32_t* at) {
    const uint32_t left_even = WidenEven(offset, left), right_even = WidenEven(offset, right);
    const uint32_t left_odd = WidenOdd(offset, left), right_odd = WidenOdd(offset, right);
    *at = PackLow(left_even, right_even);
    at += plane;
    *at = PackLow(left_odd, right_odd);
    at += plane;
    *at = PackHigh(left_even, right_even);
    at += plane;
    *at = PackHigh(left_odd, right_odd);
  };
  to = Zero(to, lead_);
  if (first_half_ != 0) {
    put(nothing, LoadWord(from), to++);
    from += step;
  }
  for (int32_t pairs = pairs_; pairs > 0; --pairs, from += 2 * step)
    put(LoadWord(from), LoadWord(from + step), to++);
  if (last_half_ != 0) put(LoadWord(from), nothing, to++);
  Zero(to, trail_);
}

}  // namespace covey::kernels::dsp
