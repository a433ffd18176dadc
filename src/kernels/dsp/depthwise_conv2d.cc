// Four channels at a time. Their input rows are widened and padded once into a ring in scratch, so
// that no output pixel asks what lies inside; then each tap is two loads and four products. The
// last four channels may overlap those before them, which have been stored: of these nothing is
// stored again, since the output may lie over their input (kernels/overlap.hpp).
#include "kernels/dsp/depthwise3x3.hpp"
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

// Four channels of the op: in (N,H,W,C)  filter (1,KH,KW,C)
class Four {
 public:
  // The first `stored` channels are done already.
  Four(const OpView& op, const Finish& finish, int32_t first, int32_t stored)
      : attr_(op.attr_as<ConvAttr>()),
        in_(op.input[0].dims),
        filter_(op.input[1].dims),
        out_(op.output[0].dims),
        layout_(op),
        finish_(finish),
        weights_(reinterpret_cast<uint32_t*>(op.scratch.data())),
        ring_(weights_ + layout_.weight_words),
        reach_(static_cast<int32_t>(layout_.reach)),
        first_(first),
        stored_(stored) {
    const int8_t* from = op.input[1].as<int8_t>() + first;
    uint32_t* to = weights_;
    for (int32_t tap = filter_[1] * filter_[2]; tap > 0; --tap, from += filter_[3], to += 2) {
      const uint32_t word = LoadWord(from);
      to[0] = WidenEven(word), to[1] = WidenOdd(word);
    }
    for (int i = 0; i < 4; ++i) fast_ = finish.Set(first + i, job_.channels[i]) && fast_;
    by_assembly_ = filter_[1] == 3 && filter_[2] == 3 && attr_.dilation_w == 1 && fast_ &&
                   finish.whole_range();
    if (by_assembly_) PrepareJob();
  }

  // `picture` and `out` at the first of the four channels.
  void Run(const int8_t* picture, int8_t* out) {
    int32_t filled = 0;  // padded rows below it are, or were, in the ring
    for (int32_t y = 0; y < out_[1]; ++y, out += out_[2] * out_[3]) {
      const int32_t begin = y * attr_.stride_h;
      if (filled < begin) filled = begin;
      for (; filled < begin + reach_; ++filled) FillRow(picture, filled);
      if (by_assembly_) {
        RunRow3x3(begin, out);
      } else {
        RunRow(begin, out);
      }
    }
  }

 private:
  void PrepareJob() {
    __builtin_memcpy(job_.weights, weights_, sizeof(job_.weights));
    job_.row_step = 8 * attr_.stride_w;
    job_.out_step = stored_ == 0 ? out_[3] : 4;
    job_.pixels = out_[2];
  }

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

  void RunRow3x3(int32_t begin, int8_t* out) {
    for (int ky = 0; ky < 3; ++ky) job_.rows[ky] = RingRow(begin + ky * attr_.dilation_h);
    // The window's first row is read for the last time, and ahead of where four bytes a pixel go.
    int8_t* const aside = reinterpret_cast<int8_t*>(RingRow(begin));
    job_.out = stored_ == 0 ? out : aside;
    covey_dsp_depthwise3x3(&job_);
    if (stored_ == 0) return;
    for (int32_t x = 0; x < out_[2]; ++x, out += out_[3]) StoreNew(aside + 4 * x, out);
  }
  void StoreNew(const int8_t* four, int8_t* out) const {
    for (int32_t i = stored_; i < 4; ++i) out[i] = four[i];
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
      int8_t four[4];
      finish_.Pixel(sums.of, job_.channels, fast_, first_, four);
      StoreNew(four, out);
    }
  }

  const ConvAttr& attr_;
  std::span<const int32_t> in_, filter_, out_;
  DepthwiseLayout layout_;
  const Finish& finish_;
  uint32_t* weights_;  // 2 words a tap
  uint32_t* ring_;
  int32_t reach_, first_, stored_;
  bool fast_ = true, by_assembly_ = false;
  Depthwise3x3 job_;
};

}  // namespace

void RunDepthwiseConv2D(const OpView& op) {
  if (!ScratchHolds(op, DspScratchOf(op).least)) return ref::RunDepthwiseConv2D(op);
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  const int32_t channels = filter[3];
  const Finish finish(op, channels, filter[1] * filter[2]);
  for (int32_t c = 0; c < channels; c += 4) {
    const int32_t first = c + 4 <= channels ? c : channels - 4;
    Four four(op, finish, first, c - first);
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
