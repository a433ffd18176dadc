// Patches writes the windows of a convolution's output pixels to scratch, widened and interleaved
// by four, in the order of the output.
//
//   Patches patches(op, layout, gather);
//   patches.Fill(group, pixels, to);   // the next `pixels` windows
//
// Quads of neighbours inside the picture go by assembly; a row of a window that reaches over the
// picture's edge, or whose taps lie apart, is gathered as bytes first.
#pragma once

#include "kernels/dsp/scratch.hpp"
#include "kernels/dsp/widen.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::dsp {

// in (N,H,W,C)  filter (O,KH,KW,I), I = C / groups
class Patches {
 public:
  Patches(const OpView& op, const ConvLayout& layout, int8_t* gather);

  void Fill(int32_t group, int32_t pixels, uint32_t* to);

  struct Position {
    int32_t n, y, x;
  };
  Position position() const { return {n_, y_, x_}; }
  void Seek(Position to);

 private:
  void SetRow();
  void Advance(int32_t pixels);
  bool QuadInside() const { return x_ >= inside_begin_ && x_ + 4 <= inside_end_; }
  const int8_t* At(const int8_t* base, int32_t y, int32_t x) const {
    return base + (y * in_[2] + x) * in_[3];
  }
  void One(const int8_t* base, uint32_t* to) const;
  const int8_t* Gather(const int8_t* base, int32_t y, const Taps& columns) const;

  const ConvAttr& attr_;
  std::span<const int32_t> in_, filter_, out_;
  const int8_t* picture_;
  int8_t* gather_;
  Steps steps_;
  QuadLayout quad_;
  bool joined_;                        // the taps of a row lie side by side
  bool by_words_;                      // joined, and rows of 4 bytes or more
  int32_t inside_begin_, inside_end_;  // output columns whose windows lie inside
  bool rows_inside_ = false;
  int32_t n_ = 0, y_ = 0, x_ = 0;
  Taps rows_;
};

}  // namespace covey::kernels::dsp
