// Patches writes what each output pixel of a convolution looks at, in the order of the output's
// pixels: words of two pixels, three words a tap (dot2x6.hpp).
//
//   Patches patches(op);
//   patches.Fill(group, to, 8);         // six pixels, then two
//
// Taps outside the picture read as the input's zero point, which the folded bias cancels.
#pragma once

#include "core/op_view.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::rv32 {

// in (N,H,W,C)  filter (O,KH,KW,I), I = C / groups
class Patches {
 public:
  explicit Patches(const OpView& op)
      : attr_(op.attr_as<ConvAttr>()),
        in_(op.input[0].dims),
        filter_(op.input[1].dims),
        out_(op.output[0].dims),
        picture_(op.input[0].as<int8_t>()) {
    joined_ = attr_.dilation_w == 1 && filter_[3] == in_[3];
    StartRow();
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

  void Fill(int32_t group, uint32_t* to, int32_t pixels) {
    const int32_t words = 3 * filter_[1] * filter_[2] * filter_[3];
    for (int32_t i = 0; i < pixels;) {
      uint32_t* const at = to + i / 6 * words + i % 6 / 2;
      const int8_t* const base = picture_ + group * filter_[3];
      if (i + 1 < pixels && x_ + 1 < out_[2] && Inside(x_) && Inside(x_ + 1)) {
        WriteTwo(base, at);
        i += 2;
        Advance();
      } else {
        WriteOne<false>(base, at);
        if (++i < pixels) {
          Advance();
          WriteOne<true>(picture_ + group * filter_[3], at);
          ++i;
        }
      }
      Advance();
    }
  }

 private:
  void StartRow() {
    rows_ = Clip(y_ * attr_.stride_h - attr_.pad_top, filter_[1], attr_.dilation_h, in_[1]);
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
  bool Inside(int32_t x) const {
    const int32_t column = x * attr_.stride_w - attr_.pad_left;
    return joined_ && rows_.count() == filter_[1] && column >= 0 && column + filter_[2] <= in_[2];
  }

  // The next two pixels, both inside.
  void WriteTwo(const int8_t* base, uint32_t* to) const {
    const int32_t row = filter_[2] * filter_[3];
    const int32_t column = x_ * attr_.stride_w - attr_.pad_left;
    const int8_t* from = base + (rows_.origin * in_[2] + column) * in_[3];
    const int32_t next = attr_.stride_w * in_[3];
    const int32_t gap = filter_[1] > 1 ? attr_.dilation_h * in_[2] * in_[3] - row : 0;
    for (int32_t ky = filter_[1]; ky > 0; --ky, from += ky > 0 ? gap : 0) {
      const int8_t* second = from + next;
      int32_t left = row;
      for (; left >= 4; left -= 4, from += 4, second += 4, to += 12) {
        to[0] = Two(from[0], second[0]);
        to[3] = Two(from[1], second[1]);
        to[6] = Two(from[2], second[2]);
        to[9] = Two(from[3], second[3]);
      }
      for (; left > 0; --left, ++from, ++second, to += 3) *to = Two(*from, *second);
    }
  }
  static uint32_t Two(int32_t a, int32_t b) {
    return static_cast<uint32_t>(a) + (static_cast<uint32_t>(b) << 16);
  }

  // One pixel into the word's lower (then the upper is 0) or upper half.
  template <bool upper>
  void WriteOne(const int8_t* base, uint32_t* to) const {
    const Taps columns =
        Clip(x_ * attr_.stride_w - attr_.pad_left, filter_[2], attr_.dilation_w, in_[2]);
    const bool empty = columns.count() == 0 || rows_.count() == 0;
    for (int32_t ky = 0; ky < filter_[1]; ++ky) {
      if (empty || ky < rows_.begin || ky >= rows_.end) {
        to = Zero<upper>(to, filter_[2] * filter_[3]);
        continue;
      }
      to = Zero<upper>(to, columns.begin * filter_[3]);
      const int32_t y = rows_.origin + ky * attr_.dilation_h;
      const int32_t x = columns.origin + columns.begin * attr_.dilation_w;
      const int8_t* from = base + (y * in_[2] + x) * in_[3];
      if (joined_) {
        to = Copy<upper>(from, to, columns.count() * filter_[3]);
      } else {
        for (int32_t kx = columns.count(); kx > 0; --kx) {
          to = Copy<upper>(from, to, filter_[3]);
          if (kx > 1) from += attr_.dilation_w * in_[3];
        }
      }
      to = Zero<upper>(to, (filter_[2] - columns.end) * filter_[3]);
    }
  }
  template <bool upper>
  static void Put(uint32_t* to, int32_t value) {
    if constexpr (upper) {
      *to += static_cast<uint32_t>(value) << 16;
    } else {
      *to = static_cast<uint32_t>(value);
    }
  }
  template <bool upper>
  uint32_t* Zero(uint32_t* to, int32_t count) const {
    for (; count > 0; --count, to += 3) Put<upper>(to, -attr_.input_offset);
    return to;
  }
  template <bool upper>
  static uint32_t* Copy(const int8_t* from, uint32_t* to, int32_t count) {
    for (; count > 0; --count, ++from, to += 3) Put<upper>(to, *from);
    return to;
  }

  const ConvAttr& attr_;
  std::span<const int32_t> in_, filter_, out_;
  const int8_t* picture_;
  bool joined_ = false;
  int32_t n_ = 0, y_ = 0, x_ = 0;
  Taps rows_;
};

}  // namespace covey::kernels::rv32
