// Patches writes the windows of a convolution's output pixels to scratch, widened and interleaved
// by four, in the order of the output.
//
//   Patches patches(op, layout, gather);
//   patches.Fill(group, pixels, to);   // the next `pixels` windows
//
// Quads of neighbours go by assembly, those that reach over the picture's edge from a strip
// gathered as bytes; other windows go row by row, gathered first if their taps lie apart.
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
  void GatherStrip(const int8_t* base) const;
  const int8_t* Gather(const int8_t* base, int32_t y, const Taps& columns) const;

  const ConvAttr& attr_;
  std::span<const int32_t> filter_;
  int32_t in_[4], out_[4];  // pictures; one row of all pixels where windows are pixels
  const int8_t* picture_;
  int8_t* gather_;
  Steps steps_;
  QuadLayout quad_;                    // in the picture
  QuadLayout strip_;                   // in a strip
  bool strips_;                        // whether there is room for one
  bool joined_;                        // the taps of a row lie side by side
  bool by_words_;                      // joined, and rows of 4 bytes or more
  int32_t inside_begin_, inside_end_;  // output columns whose windows lie inside
  bool rows_inside_ = false;
  int32_t n_ = 0, y_ = 0, x_ = 0;
  Taps rows_;
};

}  // namespace covey::kernels::dsp
