// Four channels at a time. Their input rows are widened and padded once into a ring in scratch, so
// that no output pixel asks what lies inside; then each tap is two loads and four products. The
// last four channels may overlap those before them; their results are the same.
#include "kernels/dsp/finish.hpp"
#include "kernels/dsp/run.hpp"
#include "kernels/dsp/scratch.hpp"
#include "kernels/dsp/widen.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::dsp {
namespace {

struct Sums {
  int32_t of[4] = {};
};

// x, w: the four channels of a tap, (0,2) and (1,3).
inline void Tap(const uint32_t* x, const uint32_t* w, Sums& sums) {
  sums.of[0] = LowMac(x[0], w[0], sums.of[0]);
  sums.of[1] = LowMac(x[1], w[1], sums.of[1]);
  sums.of[2] = HighMac(x[0], w[0], sums.of[2]);
  sums.of[3] = HighMac(x[1], w[1], sums.of[3]);
}

// Three neighbouring taps. Assembly, since the compiler loads word by word.
inline void ThreeTaps(const uint32_t* x, const uint32_t* w, Sums& sums) {
  struct Words {
    uint32_t word[6];
  };
  uint32_t x0, x1, w0, w1;
#define COVEY_DSP_TAP(at)               \
  "ldrd %[x0], %[x1], [%[x], " at       \
  "]\n"                                 \
  "ldrd %[w0], %[w1], [%[w], " at       \
  "]\n"                                 \
  "smlabb %[s0], %[x0], %[w0], %[s0]\n" \
  "smlatt %[s2], %[x0], %[w0], %[s2]\n" \
  "smlabb %[s1], %[x1], %[w1], %[s1]\n" \
  "smlatt %[s3], %[x1], %[w1], %[s3]\n"
  asm(COVEY_DSP_TAP("#0") COVEY_DSP_TAP("#8") COVEY_DSP_TAP("#16")
      : [s0] "+r"(sums.of[0]), [s1] "+r"(sums.of[1]), [s2] "+r"(sums.of[2]), [s3] "+r"(sums.of[3]),
        [x0] "=&r"(x0), [x1] "=&r"(x1), [w0] "=&r"(w0), [w1] "=&r"(w1)
      : [x] "r"(x), [w] "r"(w), "m"(*reinterpret_cast<const Words*>(x)),
        "m"(*reinterpret_cast<const Words*>(w)));
#undef COVEY_DSP_TAP
}

// Four channels of the op: in (N,H,W,C)  filter (1,KH,KW,C)
class Four {
 public:
  Four(const OpView& op, const Finish& finish, int32_t first)
      : attr_(op.attr_as<ConvAttr>()),
        in_(op.input[0].dims),
        filter_(op.input[1].dims),
        out_(op.output[0].dims),
        layout_(op),
        finish_(finish),
        weights_(reinterpret_cast<uint32_t*>(op.scratch.data())),
        ring_(weights_ + layout_.weight_words),
        reach_(static_cast<int32_t>(layout_.reach)),
        first_(first) {
    const int8_t* from = op.input[1].as<int8_t>() + first;
    uint32_t* to = weights_;
    for (int32_t tap = filter_[1] * filter_[2]; tap > 0; --tap, from += filter_[3], to += 2) {
      const uint32_t word = LoadWord(from);
      to[0] = WidenEven(word), to[1] = WidenOdd(word);
    }
    for (int i = 0; i < 4; ++i) fast_ = finish.Set(first + i, channels_[i]) && fast_;
  }

  // `picture` and `out` at the first of the four channels.
  void Run(const int8_t* picture, int8_t* out) const {
    int32_t filled = 0;  // padded rows below it are, or were, in the ring
    for (int32_t y = 0; y < out_[1]; ++y, out += out_[2] * out_[3]) {
      const int32_t begin = y * attr_.stride_h;
      if (filled < begin) filled = begin;
      for (; filled < begin + reach_; ++filled) FillRow(picture, filled);
      if (filter_[1] == 3 && filter_[2] == 3 && attr_.dilation_w == 1) {
        RunRow3x3(begin, out);
      } else {
        RunRow(begin, out);
      }
    }
  }

 private:
  uint32_t* RingRow(int32_t padded) const { return ring_ + padded % reach_ * layout_.row_words; }

  void FillRow(const int8_t* picture, int32_t padded) const {
    uint32_t* to = RingRow(padded);
    const int32_t y = padded - attr_.pad_top;
    const auto columns = static_cast<int32_t>(layout_.columns);
    if (y < 0 || y >= in_[1]) return ZeroPairs(to, columns);
    const int32_t left = attr_.pad_left < columns ? attr_.pad_left : columns;
    const int32_t inside = columns - left < in_[2] ? columns - left : in_[2];
    ZeroPairs(to, left);
    to += 2 * left;
    const int8_t* from = picture + y * in_[2] * in_[3];
    const uint32_t offset = Pair(attr_.input_offset);
    for (int32_t x = 0; x < inside; ++x, from += in_[3], to += 2) {
      const uint32_t word = LoadWord(from);
      to[0] = WidenEven(offset, word), to[1] = WidenOdd(offset, word);
    }
    ZeroPairs(to, columns - left - inside);
  }
  static void ZeroPairs(uint32_t* to, int32_t count) {
    for (; count > 0; --count, to += 2) to[0] = to[1] = 0;
  }

  void RunRow3x3(int32_t begin, int8_t* out) const {
    const uint32_t* row0 = RingRow(begin);
    const uint32_t* row1 = RingRow(begin + attr_.dilation_h);
    const uint32_t* row2 = RingRow(begin + 2 * attr_.dilation_h);
    const int32_t step = 2 * attr_.stride_w, channels = out_[3];
    for (int32_t x = out_[2]; x > 0; --x, out += channels) {
      Sums sums;
      ThreeTaps(row0, weights_, sums);
      ThreeTaps(row1, weights_ + 6, sums);
      ThreeTaps(row2, weights_ + 12, sums);
      row0 += step, row1 += step, row2 += step;
      finish_.Pixel(sums.of, channels_, fast_, first_, out);
    }
  }

  void RunRow(int32_t begin, int8_t* out) const {
    for (int32_t x = 0; x < out_[2]; ++x, out += out_[3]) {
      Sums sums;
      const uint32_t* w = weights_;
      for (int32_t ky = 0; ky < filter_[1]; ++ky) {
        const uint32_t* at = RingRow(begin + ky * attr_.dilation_h) + 2 * x * attr_.stride_w;
        for (int32_t kx = filter_[2]; kx > 0; --kx, at += 2 * attr_.dilation_w, w += 2)
          Tap(at, w, sums);
      }
      finish_.Pixel(sums.of, channels_, fast_, first_, out);
    }
  }

  const ConvAttr& attr_;
  std::span<const int32_t> in_, filter_, out_;
  DepthwiseLayout layout_;
  const Finish& finish_;
  uint32_t* weights_;  // 2 words a tap
  uint32_t* ring_;
  int32_t reach_, first_;
  Channel channels_[4];
  bool fast_ = true;
};

}  // namespace

void RunDepthwiseConv2D(const OpView& op) {
  if (!ScratchHolds(op, DspScratchOf(op).least)) return ref::RunDepthwiseConv2D(op);
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  const int32_t channels = filter[3];
  const Finish finish(op, channels, filter[1] * filter[2]);
  for (int32_t c = 0; c < channels; c += 4) {
    const int32_t first = c + 4 <= channels ? c : channels - 4;
    const Four four(op, finish, first);
    const int8_t* picture = op.input[0].as<int8_t>() + first;
    int8_t* result = op.output[0].as_mutable<int8_t>() + first;
    for (int32_t n = 0; n < out[0]; ++n) {
      four.Run(picture, result);
      picture += in[1] * in[2] * channels;
      result += out[1] * out[2] * channels;
    }
  }
}

}  // namespace covey::kernels::dsp
