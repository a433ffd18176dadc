// Four channels at a time. Windows of 3x3, 5x5 and 7x7 run over the channels' planes
// (depthwise_planes.hpp), one channel after the other. Other windows run over a ring of input rows,
// widened and padded once, so that no output pixel asks what lies inside; then each tap is two
// loads and four products.
//
// The last four channels may overlap those before them; only the new ones are stored, since the
// output may lie over input that the others had.
#include "kernels/dsp/depthwise_planes.hpp"
#include "kernels/dsp/finish.hpp"
#include "kernels/dsp/run.hpp"
#include "kernels/dsp/scratch.hpp"
#include "kernels/dsp/simd.hpp"
#include "kernels/dsp/wide.hpp"
#include "kernels/facts.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::dsp {
namespace {

struct Sums {
  int32_t of[4];
};

// x, w: the four channels of a tap, (0,2) and (1,3).
inline void Tap(const uint32_t* x, const uint32_t* w, Sums& sums) {
  sums.of[0] = LowMac(x[0], w[0], sums.of[0]);
  sums.of[1] = LowMac(x[1], w[1], sums.of[1]);
  sums.of[2] = HighMac(x[0], w[0], sums.of[2]);
  sums.of[3] = HighMac(x[1], w[1], sums.of[3]);
}

// Any window. in (N,H,W,C)  filter (1,KH,KW,C)
class Ring {
 public:
  Ring(const OpView& op, const Finish& finish, const Four& four)
      : attr_(op.attr_as<ConvAttr>()),
        in_(op.input[0].dims),
        filter_(op.input[1].dims),
        out_(op.output[0].dims),
        layout_(op),
        finish_(finish),
        four_(four),
        weights_(reinterpret_cast<uint32_t*>(op.scratch.data())),
        ring_(weights_ + layout_.weight_words),
        reach_(static_cast<int32_t>(layout_.reach)) {
    const int8_t* from = op.input[1].as<int8_t>() + four.first;
    uint32_t* to = weights_;
    for (int32_t tap = filter_[1] * filter_[2]; tap > 0; --tap, from += filter_[3], to += 2) {
      const uint32_t word = LoadWord(from);
      to[0] = WidenEven(word), to[1] = WidenOdd(word);
    }
  }

  // `picture` and `out` at the first of the four channels.
  void Run(const int8_t* picture, int8_t* out) {
    int32_t filled = 0;  // padded rows below it are, or were, in the ring
    for (int32_t y = 0; y < out_[1]; ++y, out += out_[2] * out_[3]) {
      const int32_t begin = y * attr_.stride_h;
      if (filled < begin) filled = begin;
      for (; filled < begin + reach_; ++filled) FillRow(picture, filled);
      RunRow(begin, out);
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

  void RunRow(int32_t begin, int8_t* out) const {
    for (int32_t x = 0; x < out_[2]; ++x, out += out_[3]) {
      Sums sums;
      for (int i = 0; i < 4; ++i) sums.of[i] = four_.channels[i].bias;
      const uint32_t* w = weights_;
      for (int32_t ky = 0; ky < filter_[1]; ++ky) {
        const uint32_t* at = RingRow(begin + ky * attr_.dilation_h) + 2 * x * attr_.stride_w;
        for (int32_t kx = filter_[2]; kx > 0; --kx, at += 2 * attr_.dilation_w, w += 2)
          Tap(at, w, sums);
      }
      for (int i = four_.skip; i < 4; ++i)
        out[i] = finish_(sums.of[i], four_.channels[i], four_.first + i);
    }
  }

  const ConvAttr& attr_;
  std::span<const int32_t> in_, filter_, out_;
  DepthwiseLayout layout_;
  const Finish& finish_;
  const Four& four_;
  uint32_t* weights_;  // 2 words a tap
  uint32_t* ring_;
  int32_t reach_;
};

}  // namespace

void RunDepthwiseConv2D(const OpView& op) {
  if (op.output[0].dtype == DType::kInt16) return RunWideDepthwiseConv2D(op);
  if (op.output[0].dtype != DType::kInt8) return ref::RunDepthwiseConv2D(op);
  if (kSomeReference && !ScratchHolds(op, DspScratchOf(op).least))
    return ref::RunDepthwiseConv2D(op);
  const int32_t channels = op.input[1].dims[3];
  const PlanarLayout planar(op);
  const Finish finish(op, channels);
  for (int32_t c = 0; c < channels; c += 4) {
    const Four four = FourAt(finish, c, channels);
    if (!kSomeRing || (planar.applies && four.fast)) {
      RunPlanar(op, finish, planar, four);
    } else {
      RunPictures(op, four, Ring(op, finish, four));
    }
  }
}

}  // namespace covey::kernels::dsp
