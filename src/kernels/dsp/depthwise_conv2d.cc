// Four channels at a time: their weights widened once into scratch, then every output pixel. The
// last four may overlap those before them; their results are the same.
#include "kernels/dsp/finish.hpp"
#include "kernels/dsp/run.hpp"
#include "kernels/dsp/scratch.hpp"
#include "kernels/dsp/widen.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::dsp {
namespace {

struct Sums {
  int32_t of[4] = {};
};

inline void Tap(const int8_t* pixel, const uint32_t* weights, uint32_t offset, Sums& sums) {
  const uint32_t word = LoadWord(pixel);
  const uint32_t even = WidenEven(offset, word), odd = WidenOdd(offset, word);
  sums.of[0] = LowMac(even, weights[0], sums.of[0]);
  sums.of[1] = LowMac(odd, weights[1], sums.of[1]);
  sums.of[2] = HighMac(even, weights[0], sums.of[2]);
  sums.of[3] = HighMac(odd, weights[1], sums.of[3]);
}

// Four channels of the op, with their weights and numbers.
struct Four {
  const uint32_t* weights;  // 2 words a tap
  Channel channel[4];
  int32_t first;
};

// One row of output pixels. in (N,H,W,C)  filter (1,KH,KW,C)
class Row {
 public:
  Row(const OpView& op, const Finish& finish, const Four& four)
      : attr_(op.attr_as<ConvAttr>()),
        in_(op.input[0].dims),
        filter_(op.input[1].dims),
        finish_(finish),
        four_(four),
        offset_(Pair(attr_.input_offset)) {}

  // `picture` and `out` at the first of the four channels.
  void Run(const int8_t* picture, int32_t y, int32_t pixels, int8_t* out) const {
    const Taps rows =
        Clip(y * attr_.stride_h - attr_.pad_top, filter_[1], attr_.dilation_h, in_[1]);
    for (int32_t x = 0; x < pixels; ++x, out += in_[3]) {
      const Taps columns =
          Clip(x * attr_.stride_w - attr_.pad_left, filter_[2], attr_.dilation_w, in_[2]);
      Store(Sum(picture, rows, columns), out);
    }
  }

 private:
  Sums Sum(const int8_t* picture, const Taps& rows, const Taps& columns) const {
    Sums sums;
    if (rows.count() == 0 || columns.count() == 0) return sums;
    const int32_t y = rows.origin + rows.begin * attr_.dilation_h;
    const int32_t x = columns.origin + columns.begin * attr_.dilation_w;
    const int8_t* pixel = picture + (y * in_[2] + x) * in_[3];
    const uint32_t* weights = four_.weights + 2 * (rows.begin * filter_[2] + columns.begin);
    const int32_t step = columns.count() > 1 ? attr_.dilation_w * in_[3] : 0;
    for (int32_t row = rows.count(); row > 0; --row) {
      if (columns.count() == 3) {
        Tap(pixel, weights, offset_, sums);
        Tap(pixel + step, weights + 2, offset_, sums);
        Tap(pixel + 2 * step, weights + 4, offset_, sums);
      } else {
        const int8_t* at = pixel;
        const uint32_t* w = weights;
        for (int32_t tap = columns.count(); tap > 0; --tap, at += step, w += 2)
          Tap(at, w, offset_, sums);
      }
      if (row > 1) pixel += attr_.dilation_h * in_[2] * in_[3];
      weights += 2 * filter_[2];
    }
    return sums;
  }

  void Store(const Sums& sums, int8_t* out) const {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) out[i] = finish_(sums.of[i], four_.channel[i]);
  }

  const ConvAttr& attr_;
  std::span<const int32_t> in_, filter_;
  const Finish& finish_;
  const Four& four_;
  uint32_t offset_;
};

void WidenFour(const int8_t* weights, int32_t channels, int32_t taps, uint32_t* to) {
  for (; taps > 0; --taps, weights += channels, to += 2) {
    const uint32_t word = LoadWord(weights);
    to[0] = WidenEven(word), to[1] = WidenOdd(word);
  }
}

}  // namespace

void RunDepthwiseConv2D(const OpView& op) {
  if (!ScratchHolds(op, DspScratchOf(op).least)) return ref::RunDepthwiseConv2D(op);
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  const int32_t channels = filter[3], taps = filter[1] * filter[2];
  const Finish finish(op, channels, taps);
  auto* const weights = reinterpret_cast<uint32_t*>(op.scratch.data());
  for (int32_t c = 0; c < channels; c += 4) {
    const int32_t first = c + 4 <= channels ? c : channels - 4;
    WidenFour(op.input[1].as<int8_t>() + first, channels, taps, weights);
    Four four{weights, {}, first};
    for (int i = 0; i < 4; ++i) four.channel[i] = finish.Of(first + i);
    const Row row(op, finish, four);
    const int8_t* picture = op.input[0].as<int8_t>() + first;
    int8_t* result = op.output[0].as_mutable<int8_t>() + first;
    for (int32_t n = 0; n < out[0]; ++n, picture += in[1] * in[2] * channels)
      for (int32_t y = 0; y < out[1]; ++y, result += out[2] * channels)
        row.Run(picture, y, out[2], result);
  }
}

}  // namespace covey::kernels::dsp
