#include "kernels/dsp/patches.hpp"

namespace covey::kernels::dsp {
namespace {

int8_t* CopyBytes(const int8_t* from, int8_t* to, int32_t count) {
  for (; count >= 4; count -= 4, from += 4, to += 4) __builtin_memcpy(to, from, 4);
  for (; count > 0; --count) *to++ = *from++;
  return to;
}
int8_t* FillBytes(int8_t* to, int8_t value, int32_t count) {
  const uint32_t word = static_cast<uint8_t>(value) * 0x01010101U;
  for (; count >= 4; count -= 4, to += 4) __builtin_memcpy(to, &word, 4);
  for (; count > 0; --count) *to++ = value;
  return to;
}

}  // namespace

Patches::Patches(const OpView& op, const ConvLayout& layout, int8_t* gather)
    : attr_(op.attr_as<ConvAttr>()),
      filter_(op.input[1].dims),
      picture_(op.input[0].as<int8_t>()),
      gather_(gather),
      steps_(layout.steps),
      joined_(layout.joined) {
  for (size_t i = 0; i < 4; ++i) in_[i] = op.input[0].dims[i], out_[i] = op.output[0].dims[i];
  if (layout.pixelwise) in_[2] = out_[2] = layout.pixels, in_[0] = in_[1] = out_[0] = out_[1] = 1;
  by_words_ = joined_ && steps_.row_bytes >= 4;
  inside_begin_ = layout.inside_begin, inside_end_ = layout.inside_end;
  const int32_t tail = steps_.tail(), words = steps_.row_bytes / 4;
  // Only used where a window's rows all lie inside: then the step fits int32.
  const bool fits = (steps_.rows - 1) * attr_.dilation_h < in_[1];
  const int32_t row = steps_.rows > 1 && fits ? attr_.dilation_h * in_[2] * in_[3] : 0;
  quad_ = {attr_.stride_w * in_[3], words,    steps_.rows,
           row - steps_.row_bytes,  4 - tail, 32 - 8 * tail,
           Pair(attr_.input_offset)};
  strip_ = quad_;
  strips_ = layout.strip_pixels > 0;
  strip_.row_step = layout.strip_pixels * in_[3] - steps_.row_bytes;
  SetRow();
}

void Patches::SetRow() {
  rows_ = Clip(y_ * attr_.stride_h - attr_.pad_top, filter_[1], attr_.dilation_h, in_[1]);
  rows_inside_ = rows_.count() == filter_[1];
}

void Patches::Seek(Position to) {
  picture_ += (to.n - n_) * in_[1] * in_[2] * in_[3];
  n_ = to.n, y_ = to.y, x_ = to.x;
  SetRow();
}

// Within a row, or to the beginning of the next.
void Patches::Advance(int32_t pixels) {
  x_ += pixels;
  if (x_ < out_[2]) return;
  x_ = 0;
  if (++y_ == out_[1]) {
    y_ = 0;
    ++n_;
    picture_ += in_[1] * in_[2] * in_[3];
  }
  SetRow();
}

void Patches::Fill(int32_t group, int32_t pixels, uint32_t* to) {
  const int32_t quad = 4 * steps_.count();
  int32_t column = 0;
  while (pixels > 0) {
    const int8_t* base = picture_ + group * filter_[3];
    const bool inside = rows_inside_ && QuadInside();
    if (column == 0 && pixels >= 4 && by_words_ && x_ + 4 <= out_[2] && (inside || strips_)) {
      if (inside) {
        covey_dsp_widen_quad(At(base, rows_.origin, x_ * attr_.stride_w - attr_.pad_left), to,
                             &quad_);
      } else {
        GatherStrip(base);
        covey_dsp_widen_quad(gather_, to, &strip_);
      }
      Advance(4);
      pixels -= 4, to += quad;
      continue;
    }
    One(base, to + column);
    Advance(1);
    --pixels;
    if (++column == 4) column = 0, to += quad;
  }
}

void Patches::One(const int8_t* base, uint32_t* to) const {
  const Taps columns =
      Clip(x_ * attr_.stride_w - attr_.pad_left, filter_[2], attr_.dilation_w, in_[2]);
  const bool whole = joined_ && columns.count() == filter_[2];
  for (int32_t ky = 0; ky < filter_[1]; ++ky) {
    if (ky < rows_.begin || ky >= rows_.end || columns.count() == 0) {
      to = ZeroRow(steps_, to);
      continue;
    }
    const int32_t y = rows_.origin + ky * attr_.dilation_h;
    const int8_t* from = whole ? At(base, y, columns.origin) : Gather(base, y, columns);
    to = WidenRow(from, steps_, quad_.offset, to);
  }
}

// All that four windows look at, zero points outside the picture; by_words_ only.
void Patches::GatherStrip(const int8_t* base) const {
  const auto zero = static_cast<int8_t>(-attr_.input_offset);
  const int32_t pixels = 3 * attr_.stride_w + filter_[2], channels = in_[3];
  const Taps columns = Clip(x_ * attr_.stride_w - attr_.pad_left, pixels, 1, in_[2]);
  int8_t* to = gather_;
  for (int32_t ky = 0; ky < filter_[1]; ++ky) {
    if (ky < rows_.begin || ky >= rows_.end || columns.count() == 0) {
      to = FillBytes(to, zero, pixels * channels);
      continue;
    }
    const int32_t y = rows_.origin + ky * attr_.dilation_h;
    to = FillBytes(to, zero, columns.begin * channels);
    to = CopyBytes(At(base, y, columns.origin + columns.begin), to, columns.count() * channels);
    to = FillBytes(to, zero, (pixels - columns.end) * channels);
  }
}

const int8_t* Patches::Gather(const int8_t* base, int32_t y, const Taps& columns) const {
  const auto zero = static_cast<int8_t>(-attr_.input_offset);
  const int32_t tap = filter_[3];
  const int8_t* from = At(base, y, columns.origin + columns.begin * attr_.dilation_w);
  int8_t* to = FillBytes(gather_, zero, columns.begin * tap);
  if (joined_) {
    to = CopyBytes(from, to, columns.count() * tap);
  } else {
    for (int32_t kx = columns.count(); kx > 0; --kx) {
      to = CopyBytes(from, to, tap);
      if (kx > 1) from += attr_.dilation_w * in_[3];
    }
  }
  FillBytes(to, zero, (filter_[2] - columns.end) * tap);
  return gather_;
}

}  // namespace covey::kernels::dsp
