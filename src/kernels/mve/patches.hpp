// Patches copies what each output pixel of a convolution looks at into rows of bytes, in the order
// of the output's pixels: two pixels side by side, sixteen bytes of one, sixteen of the other.
//
//   Patches patches(op, layout, gather);
//   patches.Fill(group, to, 6);         // three pairs
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
    FindInside();
    StartRow();
  }

  // The next pixels' patches, pair after pair.
  void Fill(int32_t group, int8_t* to, int32_t pixels) {
    const int8_t* base = picture_ + group * filter_[3];
    const int32_t to_second = 16, to_next = 32 * chunks_ - to_second;
    for (int32_t i = 0; i < pixels;) {
      int32_t count = 1;
      if (whole_rows_ && x_ >= inside_begin_ && x_ < inside_end_) {
        count = inside_end_ - x_ < pixels - i ? inside_end_ - x_ : pixels - i;
        if (by_pairs_ && i % 2 != 0) count = 1;  // up to the next pair
        const int32_t column = x_ * attr_.stride_w - attr_.pad_left;
        const int8_t* from = base + (rows_.origin * in_[2] + column) * in_[3];
        const int32_t end = i + count;
        if (i % 2 == 0 && by_pairs_ && count > 1) {
          WritePairs(from, to, count / 2);
          i += count & ~1;
          to += count / 2 * 32 * chunks_;
          from += (count & ~1) * pixel_step_;
        }
        for (; i < end; ++i, from += pixel_step_) {
          WriteInside(from, to);
          to += i % 2 == 0 ? to_second : to_next;
        }
      } else {
        const int32_t column = x_ * attr_.stride_w - attr_.pad_left;
        WriteClipped(base, Clip(column, filter_[2], attr_.dilation_w, in_[2]), to);
        to += i % 2 == 0 ? to_second : to_next;
        ++i;
      }
      if (Advance(count)) base = picture_ + group * filter_[3];
    }
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
  // Whether the next picture begins.
  bool Advance(int32_t pixels) {
    x_ += pixels;
    if (x_ < out_[2]) return false;
    x_ = 0;
    const bool next = ++y_ == out_[1];
    if (next) {
      y_ = 0;
      ++n_;
      picture_ += in_[1] * in_[2] * in_[3];
    }
    StartRow();
    return next;
  }

  // Columns whose window lies in the picture, each of its rows in one piece.
  void FindInside() {
    if (attr_.dilation_w != 1 || filter_[3] != in_[3]) return;
    inside_begin_ = (attr_.pad_left + attr_.stride_w - 1) / attr_.stride_w;
    const int32_t room = in_[2] - filter_[2] + attr_.pad_left;
    inside_end_ = room < 0 ? 0 : room / attr_.stride_w + 1;
    if (inside_end_ > out_[2]) inside_end_ = out_[2];
    // A step is taken only within the picture; otherwise it might not fit.
    const int32_t row = filter_[2] * filter_[3];
    pixel_step_ = inside_end_ > inside_begin_ + 1 ? attr_.stride_w * in_[3] : 0;
    by_pairs_ = row <= 16 && (filter_[1] == 1 || (filter_[1] == 3 && chunks_ == 2));
    row_step_ = filter_[1] > 1 && whole_rows_possible() ? attr_.dilation_h * in_[2] * in_[3] : row;
  }
  bool whole_rows_possible() const { return int64_t{filter_[1] - 1} * attr_.dilation_h < in_[1]; }

  void WriteInside(const int8_t* from, int8_t* to) const {
    const int32_t row = filter_[2] * filter_[3];
    if (by_chunks_) return CopyRows<32>(from, to, filter_[1], row / 16, row_step_ - row);
    int8_t* const gather = filter_[1] * row <= 16 ? to : gather_;
    if (row <= 16) {
      CopyShortRows(from, gather, filter_[1], row, row_step_);
    } else {
      int8_t* bytes = gather;
      for (int32_t ky = filter_[1]; ky > 0; --ky) {
        bytes = CopyBytes(from, bytes, row);
        from += ky > 1 ? row_step_ : 0;
      }
    }
    if (gather != to) CopyRows<32>(gather, to, 1, chunks_, 0);
  }

  void WritePairs(const int8_t* from, int8_t* to, int32_t pairs) const {
    const int32_t row = filter_[2] * filter_[3];
    if (filter_[1] == 1) {
      CopyPairs(from, to, pairs, row, pixel_step_, 32);
    } else {
      CopyPairsOfThree(from, to, pairs, row, row_step_, pixel_step_, gather_);
    }
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
    if (!by_chunks_) CopyRows<32>(gather_, to, 1, chunks_, 0);
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
  bool by_chunks_, by_pairs_ = false, joined_ = false, whole_rows_ = false;
  int32_t inside_begin_ = 0, inside_end_ = 0;
  int32_t pixel_step_ = 0, row_step_ = 0;  // bytes
  int32_t n_ = 0, y_ = 0, x_ = 0;
  Taps rows_;
};

}  // namespace covey::kernels::mve
