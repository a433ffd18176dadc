// Patches copies what each output pixel of a convolution looks at into rows of bytes, in the order
// of the output's pixels: two pixels side by side, sixteen bytes of one, sixteen of the other.
//
//   Patches patches(op, layout, gather);
//   patches.Next(group, to);            // pixel 0 of a pair
//   patches.Next(group, to + 16);       // pixel 1
//
// Taps outside the picture read as the input's zero point, which the folded bias cancels.
#pragma once

#include "core/op_view.hpp"
#include "kernels/mve/bytes.hpp"
#include "kernels/mve/scratch.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::mve {

// in (N,H,W,C)  filter (O,KH,KW,I), I = C / groups
class Patches {
 public:
  Patches(const OpView& op, const ConvLayout& layout, int8_t* gather)
      : attr_(op.attr_as<ConvAttr>()),
        in_(op.input[0].dims),
        filter_(op.input[1].dims),
        out_(op.output[0].dims),
        picture_(op.input[0].as<int8_t>()),
        gather_(gather),
        chunks_(ChunksOf(filter_[1] * filter_[2] * filter_[3])),
        by_chunks_(layout.by_chunks) {
    joined_ = attr_.dilation_w == 1 && filter_[3] == in_[3];
    StartRow();
  }

  void Next(int32_t group, int8_t* to) {
    const int8_t* base = picture_ + group * filter_[3];
    const int32_t origin = x_ * attr_.stride_w - attr_.pad_left;
    if (whole_rows_ && joined_ && origin >= 0 && origin + filter_[2] <= in_[2]) {
      WriteInside(base + (rows_.origin * in_[2] + origin) * in_[3], to);
    } else {
      WriteClipped(base, Clip(origin, filter_[2], attr_.dilation_w, in_[2]), to);
    }
    Advance();
  }

  struct Position {
    int32_t n, y, x;
  };
  Position position() const { return {n_, y_, x_}; }
  void Seek(Position to) {
    picture_ += (to.n - n_) * in_[1] * in_[2] * in_[3];
    n_ = to.n, y_ = to.y, x_ = to.x;
    StartRow();
  }

 private:
  void StartRow() {
    rows_ = Clip(y_ * attr_.stride_h - attr_.pad_top, filter_[1], attr_.dilation_h, in_[1]);
    whole_rows_ = rows_.count() == filter_[1];
  }
  void Advance() {
    if (++x_ < out_[2]) return;
    x_ = 0;
    if (++y_ == out_[1]) {
      y_ = 0;
      ++n_;
      picture_ += in_[1] * in_[2] * in_[3];
    }
    StartRow();
  }

  // The whole window lies in the picture, each of its rows in one piece.
  void WriteInside(const int8_t* from, int8_t* to) const {
    const int32_t row = filter_[2] * filter_[3];
    // With one row the step might not fit, and is not taken.
    const int32_t step = filter_[1] > 1 ? attr_.dilation_h * in_[2] * in_[3] : 0;
    if (by_chunks_) {
      for (int32_t ky = filter_[1]; ky > 0; --ky, from += ky > 0 ? step : 0)
        to = CopyChunks<32>(from, to, row / 16);
      return;
    }
    int8_t* bytes = gather_;
    for (int32_t ky = filter_[1]; ky > 0; --ky, from += ky > 0 ? step : 0)
      bytes = CopyBytes(from, bytes, row);
    CopyChunks<32>(gather_, to, chunks_);
  }

  const int8_t* At(const int8_t* base, int32_t ky, const Taps& columns) const {
    const int32_t y = rows_.origin + ky * attr_.dilation_h;
    const int32_t x = columns.origin + columns.begin * attr_.dilation_w;
    return base + (y * in_[2] + x) * in_[3];
  }

  void WriteClipped(const int8_t* base, const Taps& columns, int8_t* to) const {
    const bool empty = columns.count() == 0 || rows_.count() == 0;
    int8_t* at = by_chunks_ ? to : gather_;
    for (int32_t ky = 0; ky < filter_[1]; ++ky) {
      if (empty || ky < rows_.begin || ky >= rows_.end) {
        at = Zero(at, filter_[2]);
        continue;
      }
      at = Zero(at, columns.begin);
      const int8_t* from = At(base, ky, columns);
      if (joined_) {
        at = Copy(from, at, columns.count());
      } else {
        for (int32_t kx = columns.count(); kx > 0; --kx) {
          at = Copy(from, at, 1);
          if (kx > 1) from += attr_.dilation_w * in_[3];
        }
      }
      at = Zero(at, filter_[2] - columns.end);
    }
    if (!by_chunks_) CopyChunks<32>(gather_, to, chunks_);
  }
  int8_t* Zero(int8_t* to, int32_t taps) const {
    return by_chunks_ ? FillChunks<32>(to, -attr_.input_offset, taps * filter_[3] / 16)
                      : FillBytes(to, -attr_.input_offset, taps * filter_[3]);
  }
  int8_t* Copy(const int8_t* from, int8_t* to, int32_t taps) const {
    return by_chunks_ ? CopyChunks<32>(from, to, taps * filter_[3] / 16)
                      : CopyBytes(from, to, taps * filter_[3]);
  }

  const ConvAttr& attr_;
  std::span<const int32_t> in_, filter_, out_;
  const int8_t* picture_;
  int8_t* gather_;
  int32_t chunks_;
  bool by_chunks_, joined_ = false, whole_rows_ = false;
  int32_t n_ = 0, y_ = 0, x_ = 0;
  Taps rows_;
};

}  // namespace covey::kernels::mve
