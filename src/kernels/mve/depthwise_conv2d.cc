// Sixteen bytes of a row of the output at a time. Input rows are copied into a ring in scratch,
// padded with the input's zero point, so that no output asks what lies inside; weights and numbers
// of each block of sixteen channels are laid out there once.
//
// With a horizontal stride of 1 a row is one run of bytes, whatever the pixels' size: blocks cross
// from pixel to pixel. Else each pixel is a run.
#include <arm_mve.h>

#include "kernels/facts.hpp"
#include "kernels/mve/bytes.hpp"
#include "kernels/mve/depthwise3x3.hpp"
#include "kernels/mve/finish.hpp"
#include "kernels/mve/run.hpp"
#include "kernels/mve/scratch.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::mve {
namespace {

// Which of sixteen bytes lane i of sum k is.
constexpr int32_t ByteOf(int k, int i) { return 4 * i + (k == 1 ? 2 : k == 2 ? 1 : k); }

// Sixteen channels: [tap][16] weights, then bias, multiplier, shift of each sum.
class Block {
 public:
  Block(int8_t* at, int32_t taps)
      : weights_(at), numbers_(reinterpret_cast<int32_t*>(at + 16 * taps)), taps_(taps) {}

  // Byte i is channel (first + i) % channels. Whether the fast loop may run it.
  bool Fill(const OpView& op, int32_t first, int32_t channels) const {
    FillWeights(op.input[1].as<int8_t>(), first, channels);
    int32x4_t sums[4];
    SumWeights(sums);
    const int32_t* const bias = op.input[2].as<int32_t>();
    const int32_t* const multiplier = op.params.data();
    const int32_t offset = op.attr_as<ConvAttr>().input_offset;
    bool fast = PairsFit();
    for (int k = 0; k < 4; ++k) {
      uint32_t channel[4];
      for (int i = 0; i < 4; ++i)
        channel[i] = static_cast<uint32_t>((first + ByteOf(k, i)) % channels);
      const uint32x4_t lanes = vldrwq_u32(channel);
      int32x4_t sum = vmulq_n_s32(sums[k], offset);
      if (bias != nullptr) sum = vaddq_s32(sum, vldrwq_gather_shifted_offset_s32(bias, lanes));
      const int32x4_t shift = vldrwq_gather_shifted_offset_s32(multiplier + channels, lanes);
      vstrwq_s32(numbers_ + 12 * k, sum);
      vstrwq_s32(numbers_ + 12 * k + 4, vldrwq_gather_shifted_offset_s32(multiplier, lanes));
      vstrwq_s32(numbers_ + 12 * k + 8, shift);
      fast = fast && vmaxvq_s32(-1, shift) < 0;
    }
    return fast;
  }

  // Any window, any numbers. rows[ky] at the first byte of the block.
  void Run(const int8_t* const* rows, int32_t width, int32_t step, Range range, int8_t* out,
           int32_t count) const {
    int32x4_t sums[4];
    for (int k = 0; k < 4; ++k) sums[k] = vldrwq_s32(numbers_ + 12 * k);
    const int8_t* w = weights_;
    const int32_t height = taps_ / width;
    for (int32_t ky = 0; ky < height; ++ky) {
      const int8_t* x = rows[ky];
      for (int32_t kx = width; kx > 0; --kx, x += step, w += 16)
        Tap(vldrbq_s8(x), vldrbq_s8(w), sums);
    }
    int8_t bytes[16];
    for (int k = 0; k < 4; ++k) {
      const int32_t* const numbers = numbers_ + 12 * k;
      const int32x4_t value =
          FinishFour(sums[k], vldrwq_s32(numbers + 4), vldrwq_s32(numbers + 8), range);
      for (int i = 0; i < 4; ++i) bytes[ByteOf(k, i)] = static_cast<int8_t>(value[i]);
    }
    CopyBytes(bytes, out, count);
  }

 private:
  static void Tap(int8x16_t x, int8x16_t w, int32x4_t* sums) {
    const int16x8_t even = vmullbq_int_s8(x, w), odd = vmulltq_int_s8(x, w);
    sums[0] = vaddq_s32(sums[0], vmovlbq_s16(even));
    sums[1] = vaddq_s32(sums[1], vmovltq_s16(even));
    sums[2] = vaddq_s32(sums[2], vmovlbq_s16(odd));
    sums[3] = vaddq_s32(sums[3], vmovltq_s16(odd));
  }

  void FillWeights(const int8_t* from, int32_t first, int32_t channels) const {
    if (first + 16 <= channels) {
      from += first;
      for (int32_t tap = 0; tap < taps_; ++tap, from += channels)
        vstrbq_s8(weights_ + 16 * tap, vldrbq_s8(from));
      return;
    }
    for (int32_t i = 0; i < 16; ++i) {
      const int8_t* w = from + (first + i) % channels;
      for (int32_t tap = 0; tap < taps_; ++tap, w += channels) weights_[16 * tap + i] = *w;
    }
  }

  void SumWeights(int32x4_t* sums) const {
    for (int k = 0; k < 4; ++k) sums[k] = vdupq_n_s32(0);
    for (int32_t tap = 0; tap < taps_; ++tap)
      Tap(vdupq_n_s8(1), vldrbq_s8(weights_ + 16 * tap), sums);
  }

  // No two weights of -128 in the lanes that the fast loop adds up in int16.
  bool PairsFit() const {
    int32_t most = 0;
    for (int32_t tap = 0; tap + 1 < taps_; tap += 2) {
      const int8x16_t both =
          vmaxq_s8(vldrbq_s8(weights_ + 16 * tap), vldrbq_s8(weights_ + 16 * tap + 16));
      most = vminvq_s8(static_cast<int8_t>(most), both);
    }
    return most > -128;
  }

  int8_t* weights_;
  int32_t* numbers_;
  int32_t taps_;
};

class Depthwise {
 public:
  explicit Depthwise(const OpView& op)
      : attr_(op.attr_as<ConvAttr>()),
        in_(op.input[0].dims),
        filter_(op.input[1].dims),
        out_(op.output[0].dims),
        layout_(op),
        range_(attr_) {
    blocks_ = reinterpret_cast<int8_t*>(op.scratch.data());
    ring_ = blocks_ + layout_.blocks * layout_.block_bytes;
    reach_ = static_cast<int32_t>(layout_.reach);
    step_ = attr_.dilation_w * filter_[3];
    fast_ = filter_[1] == 3 && filter_[2] == 3;
    for (int32_t i = 0; i < layout_.blocks; ++i)
      fast_ = BlockAt(i).Fill(op, 16 * i % filter_[3], filter_[3]) && fast_;
  }

  // One picture. in (H,W,C)  out (OH,OW,C)
  void Run(const int8_t* picture, int8_t* out) const {
    int32_t filled = 0;  // padded rows below it are, or were, in the ring
    for (int32_t y = 0; y < out_[1]; ++y) {
      const int32_t begin = y * attr_.stride_h;
      if (filled < begin) filled = begin;
      for (; filled < begin + reach_; ++filled) FillRow(picture, filled);
      out = fast_ ? FastRow(begin, out) : AnyRow(begin, out);
    }
  }

 private:
  Block BlockAt(int32_t i) const {
    return {blocks_ + i * layout_.block_bytes, filter_[1] * filter_[2]};
  }
  int8_t* RingRow(int32_t padded) const {
    return ring_ + padded % reach_ * static_cast<int32_t>(layout_.row_bytes);
  }

  void FillRow(const int8_t* picture, int32_t padded) const {
    int8_t* to = RingRow(padded);
    const int32_t y = padded - attr_.pad_top, zero = -attr_.input_offset;
    const auto columns = static_cast<int32_t>(layout_.columns);
    if (y < 0 || y >= in_[1]) {
      FillBytes(to, zero, columns * in_[3]);
      return;
    }
    const int32_t left = attr_.pad_left < columns ? attr_.pad_left : columns;
    const int32_t inside = columns - left < in_[2] ? columns - left : in_[2];
    to = FillBytes(to, zero, left * in_[3]);
    to = CopyBytes(picture + y * in_[2] * in_[3], to, inside * in_[3]);
    FillBytes(to, zero, (columns - left - inside) * in_[3]);
  }

  int8_t* FastRow(int32_t begin, int8_t* out) const {
    Depthwise3x3 job;
    for (int ky = 0; ky < 3; ++ky) job.rows[ky] = RingRow(begin + ky * attr_.dilation_h);
    job.step = step_;
    job.block = blocks_;
    job.back = layout_.blocks * layout_.block_bytes;
    job.block_end = blocks_ + job.back;
    job.offset = range_.offset, job.least = range_.least, job.most = range_.most;
    job.count = layout_.run;
    const int32_t advance = attr_.stride_w * filter_[3];
    for (int32_t i = 0; i < layout_.runs; ++i, out += layout_.run) {
      job.out = out;
      covey_mve_depthwise3x3(&job);
      for (int ky = 0; ky < 3; ++ky) job.rows[ky] += advance;
    }
    return out;
  }

  int8_t* AnyRow(int32_t begin, int8_t* out) const {
    for (int32_t i = 0; i < layout_.runs; ++i)
      for (int32_t at = 0, block = 0; at < layout_.run; at += 16) {
        const int8_t* rows[kMostDepthwiseRows];
        for (int32_t ky = 0; ky < filter_[1]; ++ky)
          rows[ky] = RingRow(begin + ky * attr_.dilation_h) + i * attr_.stride_w * filter_[3] + at;
        const int32_t count = layout_.run - at < 16 ? layout_.run - at : 16;
        BlockAt(block).Run(rows, filter_[2], step_, range_, out, count);
        out += count;
        if (++block == layout_.blocks) block = 0;
      }
    return out;
  }

  const ConvAttr& attr_;
  std::span<const int32_t> in_, filter_, out_;
  DepthwiseLayout layout_;
  Range range_;
  int8_t *blocks_, *ring_;
  int32_t reach_, step_;
  bool fast_;
};

}  // namespace

void RunDepthwiseConv2D(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return ref::RunDepthwiseConv2D(op);
  if (kSomeReference && !ScratchHolds(op, MveScratchOf(op).least))
    return ref::RunDepthwiseConv2D(op);
  const auto in = op.input[0].dims, out = op.output[0].dims;
  const Depthwise depthwise(op);
  const int8_t* picture = op.input[0].as<int8_t>();
  int8_t* result = op.output[0].as_mutable<int8_t>();
  for (int32_t n = 0; n < out[0]; ++n) {
    depthwise.Run(picture, result);
    picture += in[1] * in[2] * in[3];
    result += out[1] * out[2] * out[3];
  }
}

}  // namespace covey::kernels::mve
