// JpegStrip is some rows of a picture, as samples of brightness and of colours.
//
//   strip.Fill(2, 1, x, y, block);   // of Cb, each of 2 x 2 pixels, from sample (x, y) on
//
// Shapes: pixels (rows, width, channels); block 8 x 8. Past the picture's right and lower ends
// samples go on as they were.
// Units: samples less 128. Exact: the sums of libjpeg (16 bits behind the point, halves rounded
// up and down in turn).
#pragma once

#include <cstddef>
#include <cstdint>

namespace covey::micro {

constexpr uint32_t Least(uint32_t a, uint32_t b) { return a < b ? a : b; }

struct JpegStrip {
  const uint8_t* pixels;
  uint32_t rows, width, channels;

  // Colour 0 is brightness, 1 Cb, 2 Cr; each sample of `side` x `side` pixels (1 or 2).
  void Fill(uint32_t side, uint32_t colour, uint32_t x, uint32_t y, int32_t* block) const;
};

}  // namespace covey::micro
