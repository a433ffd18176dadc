// Planes holds the padded rows of four channels of a picture in scratch, each channel by itself, as
// pairs of neighbours (x, x + 1) widened to int16: a 3x3 window's row is then two words.
//
//   Planes planes(op, layout, scratch);
//   planes.Fill(picture, first_row, rows);   // padded rows, kept where they were there already
//
// Shapes: a row is `row_words` words, a plane `layout.plane_rows` rows; padded column 0 lies
// pad_left before the picture.
#pragma once

#include "kernels/dsp/scratch.hpp"

namespace covey::kernels::dsp {

class Planes {
 public:
  Planes(const OpView& op, const PlanarLayout& layout, int32_t plane_rows, uint32_t* words);

  // Another picture, or other channels: nothing is kept.
  void Forget() { begin_ = end_ = 0; }
  // The rows [begin, begin + rows) of the padded picture; never asked for a row before an earlier
  // `begin`. `picture` at the first of the four channels.
  void Fill(const int8_t* picture, int32_t begin, int32_t rows);

  const uint32_t* Row(int channel, int32_t row) const {
    return words_ + channel * plane_ + (row - begin_) * row_words_;
  }

 private:
  void Keep(int32_t begin);
  void FillRow(const int8_t* from, uint32_t* to) const;
  uint32_t* Zero(uint32_t* to, int32_t words) const;

  const ConvAttr& attr_;
  std::span<const int32_t> in_;
  uint32_t* words_;
  int32_t row_words_, plane_;  // words of a row, of a plane
  // Words of a row inside the picture: of padding, of padding and column 0, of two columns, of the
  // last column and padding, of padding.
  int32_t lead_, first_half_, pairs_, last_half_, trail_;
  uint32_t offset_, nothing_;  // input offset; bytes that widen to 0
  int32_t begin_ = 0, end_ = 0;
};

}  // namespace covey::kernels::dsp
