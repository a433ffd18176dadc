// One channel after the other: its weights and the window stay in registers while the window
// slides along a row, so that a 3x3 window loads three bytes a pixel. No scratch.
#include "kernels/ref/run.hpp"
#include "kernels/rv32/finish.hpp"
#include "kernels/rv32/run.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::rv32 {
namespace {

struct Column {
  int32_t top, middle, bottom;
};

// A window's weights, by columns.
struct Taps3x3 {
  Column left, middle, right;
};
inline int32_t Dot(int32_t sum, const Column& x, const Column& w) {
  return sum + x.top * w.top + x.middle * w.middle + x.bottom * w.bottom;
}

// A channel of the op. in (N,H,W,C)  filter (1,KH,KW,C)  out (N,OH,OW,C)
class Channel {
 public:
  Channel(const OpView& op, const Finish& finish, int32_t number)
      : attr_(op.attr_as<ConvAttr>()),
        in_(op.input[0].dims),
        filter_(op.input[1].dims),
        out_(op.output[0].dims),
        finish_(finish),
        numbers_(finish.Of(number)),
        weights_(op.input[1].as<int8_t>() + number) {
    const auto* const bias = op.input[2].as<int32_t>();
    bias_ = bias == nullptr ? 0 : bias[number];
    pad_ = -attr_.input_offset;
    by_threes_ = filter_[1] == 3 && filter_[2] == 3 && numbers_.fast();
    if (!by_threes_) return;
    int32_t* const taps = &taps_.left.top;
    int32_t sum = 0;
    for (int i = 0; i < 9; ++i) sum += taps[i / 3 + i % 3 * 3] = weights_[i * filter_[3]];
    inside_bias_ = WrapAdd(bias_, attr_.input_offset * sum);
    FindInside();
  }

  // `picture` and `out` at the channel.
  void Run(const int8_t* picture, int8_t* out) const {
    for (int32_t y = 0; y < out_[1]; ++y) {
      const Taps rows =
          Clip(y * attr_.stride_h - attr_.pad_top, filter_[1], attr_.dilation_h, in_[1]);
      out = by_threes_ ? Row3x3(picture, rows, out) : AnyRow(picture, rows, out);
    }
  }

 private:
  // Output columns whose three columns lie side by side in the picture.
  void FindInside() {
    const int32_t room = in_[2] - 3 + attr_.pad_left;
    if (attr_.dilation_w != 1 || room < 0) return;
    begin_ = (attr_.pad_left + attr_.stride_w - 1) / attr_.stride_w;
    end_ = room / attr_.stride_w + 1;
    if (end_ > out_[2]) end_ = out_[2];
    if (begin_ >= end_) begin_ = end_ = 0;
  }

  int8_t* AnyRow(const int8_t* picture, const Taps& rows, int8_t* out) const {
    for (int32_t x = 0; x < out_[2]; ++x, out += out_[3]) {
      const Taps columns =
          Clip(x * attr_.stride_w - attr_.pad_left, filter_[2], attr_.dilation_w, in_[2]);
      *out = finish_(WrapAdd(Window(picture, rows, columns), bias_), numbers_);
    }
    return out;
  }
  int32_t Window(const int8_t* picture, const Taps& rows, const Taps& columns) const {
    int32_t sum = 0;
    if (columns.count() == 0) return sum;
    const int32_t offset = attr_.input_offset, channels = filter_[3];
    const int32_t step = columns.count() > 1 ? attr_.dilation_w * in_[3] : 0;
    for (int32_t ky = rows.begin; ky < rows.end; ++ky) {
      const int32_t row = rows.origin + ky * attr_.dilation_h;
      const int32_t column = columns.origin + columns.begin * attr_.dilation_w;
      const int8_t* from = picture + (row * in_[2] + column) * in_[3];
      const int8_t* w = weights_ + (ky * filter_[2] + columns.begin) * channels;
      for (int32_t kx = columns.count(); kx > 0; --kx, from += step, w += channels)
        sum += (*from + offset) * *w;
    }
    return sum;
  }

  int8_t* Row3x3(const int8_t* picture, const Taps& rows, int8_t* out) const {
    const bool inside = rows.count() == 3 && begin_ < end_;
    for (int32_t x = 0; x < (inside ? begin_ : out_[2]); ++x, out += out_[3])
      *out = Border(picture, rows, x);
    if (!inside) return out;
    const int32_t column = begin_ * attr_.stride_w - attr_.pad_left;
    out = Inside(picture + (rows.origin * in_[2] + column) * in_[3], end_ - begin_, out);
    for (int32_t x = end_; x < out_[2]; ++x, out += out_[3]) *out = Border(picture, rows, x);
    return out;
  }

  // Where the window leaves the picture: as if the input's zero point lay outside.
  int8_t Border(const int8_t* picture, const Taps& rows, int32_t x) const {
    const int32_t column = x * attr_.stride_w - attr_.pad_left, apart = attr_.dilation_w;
    int32_t sum = Dot(inside_bias_, At(picture, rows, column), taps_.left);
    sum = Dot(sum, At(picture, rows, column + apart), taps_.middle);
    return numbers_(Dot(sum, At(picture, rows, column + 2 * apart), taps_.right));
  }
  Column At(const int8_t* picture, const Taps& rows, int32_t column) const {
    Column at{pad_, pad_, pad_};
    if (column < 0 || column >= in_[2] || rows.count() == 0) return at;
    const int32_t row = rows.origin + rows.begin * attr_.dilation_h;
    const int8_t* from = picture + (row * in_[2] + column) * in_[3];
    const int32_t step = rows.count() > 1 ? attr_.dilation_h * in_[2] * in_[3] : 0;
    if (rows.begin == 0) at.top = *from, from += step;
    if (rows.begin <= 1 && rows.end > 1) at.middle = *from, from += step;
    if (rows.end == 3) at.bottom = *from;
    return at;
  }

  // `count` pixels whose windows lie in the picture; `from` at the first one's.
  int8_t* Inside(const int8_t* from, int32_t count, int8_t* out) const {
    const int32_t pixel = in_[3];
    const int32_t row = attr_.dilation_h * in_[2] * pixel;
    const int8_t *r0 = from, *r1 = from + row, *r2 = r1 + row;
    // Copies: a byte that is stored might change what lies in memory.
    const Taps3x3 w = taps_;
    const Finish::Channel numbers = numbers_;
    const int32_t bias = inside_bias_;
    const auto next = [&] {
      const Column column{*r0, *r1, *r2};
      r0 += pixel, r1 += pixel, r2 += pixel;
      return column;
    };
    const auto put = [&](const Column& a, const Column& b, const Column& c) {
      *out = numbers(Dot(Dot(Dot(bias, a, w.left), b, w.middle), c, w.right));
      out += pixel;
    };
    if (attr_.stride_w == 1) {
      Column a = next(), b = next();
      for (; count >= 3; count -= 3) {
        const Column c = next();
        put(a, b, c);
        a = next();
        put(b, c, a);
        b = next();
        put(c, a, b);
      }
      for (; count > 0; --count) {
        const Column c = next();
        put(a, b, c);
        a = b, b = c;
      }
      return out;
    }
    const int32_t skip = count > 1 ? (attr_.stride_w - 3) * pixel : 0;
    for (; count > 0; --count) {
      const Column a = next(), b = next(), c = next();
      put(a, b, c);
      r0 += skip, r1 += skip, r2 += skip;
    }
    return out;
  }

  const ConvAttr& attr_;
  std::span<const int32_t> in_, filter_, out_;
  const Finish& finish_;
  Finish::Channel numbers_;
  const int8_t* weights_;
  int32_t bias_ = 0, inside_bias_ = 0, pad_ = 0;
  int32_t begin_ = 0, end_ = 0;
  Taps3x3 taps_{};
  bool by_threes_;
};

}  // namespace

void RunDepthwiseConv2D(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8 || op.attr_as<ConvAttr>().depth_multiplier != 1)
    return ref::RunDepthwiseConv2D(op);
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  const Finish finish(op, filter[3], filter[1] * filter[2]);
  for (int32_t c = 0; c < filter[3]; ++c) {
    const Channel channel(op, finish, c);
    const int8_t* picture = op.input[0].as<int8_t>() + c;
    int8_t* result = op.output[0].as_mutable<int8_t>() + c;
    for (int32_t n = 0; n < out[0]; ++n) {
      channel.Run(picture, result);
      picture += in[1] * in[2] * in[3];
      result += out[1] * out[2] * out[3];
    }
  }
}

}  // namespace covey::kernels::rv32
