// Finish is a convolution's epilogue: bias, multiplier, both roundings, zero point and range in
// nine instructions where the channel's numbers allow it, else as ref/ does it.
//
// With s = 2 * (acc + bias), SMMULR(s, m) = (s * m + 2^31) >> 32 is the rounding doubling high
// multiplication of acc + bias, as long as s does not overflow. The rounding right shift is
// (t - (t < 0) + 2^(r-1)) >> r, and the zero point moves in as zero_point * 2^r.
//
// Exact: Fast() admits a channel only if no intermediate value can leave int32.
#pragma once

#include "kernels/dsp/simd.hpp"
#include "kernels/ref/channel.hpp"

namespace covey::kernels::dsp {

// As the assembly of the inner loops reads it.
struct Channel {
  int32_t twice_bias, multiplier, rounding;
  int32_t right;  // 0: the channel is not fast
  bool fast() const { return right != 0; }
};

// Four sums of four channels, finished; for fast channels with the whole range of int8.
inline void FinishFour(int32_t* sums, const Channel* channels) {
  const Channel* at = channels;
  int32_t bias, multiplier, rounding, right;
#define COVEY_DSP_FINISH(sum)                  \
  "ldrd %[bias], %[multiplier], [%[at]], #8\n" \
  "ldrd %[rounding], %[right], [%[at]], #8\n"  \
  "add %[" sum "], %[bias], %[" sum            \
  "], lsl #1\n"                                \
  "smmulr %[" sum "], %[" sum                  \
  "], %[multiplier]\n"                         \
  "add %[" sum "], %[" sum "], %[" sum         \
  "], asr #31\n"                               \
  "add %[" sum "], %[" sum                     \
  "], %[rounding]\n"                           \
  "asr %[" sum "], %[" sum                     \
  "], %[right]\n"                              \
  "ssat %[" sum "], #8, %[" sum "]\n"
  asm(COVEY_DSP_FINISH("s0") COVEY_DSP_FINISH("s1") COVEY_DSP_FINISH("s2") COVEY_DSP_FINISH("s3")
      : [s0] "+r"(sums[0]), [s1] "+r"(sums[1]), [s2] "+r"(sums[2]), [s3] "+r"(sums[3]),
        [at] "+r"(at), [bias] "=&r"(bias), [multiplier] "=&r"(multiplier),
        [rounding] "=&r"(rounding), [right] "=&r"(right)
      : "m"(*reinterpret_cast<const Channel(*)[4]>(channels)));
#undef COVEY_DSP_FINISH
}

class Finish {
 public:
  // `terms`: products in one sum.
  Finish(const OpView& op, int32_t channels, int32_t terms)
      : ref_(op, channels),
        bias_(op.input[2].as<int32_t>()),
        multiplier_(op.params.data()),
        shift_(op.params.data() + channels),
        most_bias_((1 << 30) - terms * (255 * 128)) {
    const auto& attr = op.attr_as<ConvAttr>();
    offset_ = attr.output_offset;
    least_ = attr.activation_min, most_ = attr.activation_max;
    whole_range_ = least_ == -128 && most_ == 127;
  }

  // Whether the channel is fast.
  bool Set(int32_t number, Channel& channel) const {
    const int32_t bias = bias_ == nullptr ? 0 : bias_[number];
    const int32_t right = -shift_[number];
    if (right < 1 || right > 20 || bias >= most_bias_ || bias <= -most_bias_) {
      channel.right = 0;
      return false;
    }
    channel.twice_bias = 2 * bias;
    channel.multiplier = multiplier_[number];
    channel.rounding = (1 << (right - 1)) + offset_ * (1 << right);
    channel.right = right;
    return true;
  }

  bool whole_range() const { return whole_range_; }

  int8_t operator()(int32_t sum, const Channel& channel, int32_t number) const {
    if (!channel.fast()) return ref_(sum, number);
    const int32_t value = Scale(sum, channel);
    return static_cast<int8_t>(whole_range_ ? Saturate8(value) : Clamp(value, least_, most_));
  }

  // Four channels of one pixel, `first` and on; `fast`: all of them are.
  void Pixel(int32_t* sums, const Channel* channels, bool fast, int32_t first, int8_t* out) const {
    if (fast && whole_range_) {
      FinishFour(sums, channels);
      for (int i = 0; i < 4; ++i) out[i] = static_cast<int8_t>(sums[i]);
    } else {
      for (int i = 0; i < 4; ++i) out[i] = (*this)(sums[i], channels[i], first + i);
    }
  }

 private:
  static int32_t Scale(int32_t sum, const Channel& channel) {
    // Unsigned: a sum of garbage pixels, which nobody stores, may wrap.
    const auto twice = static_cast<int32_t>(2 * static_cast<uint32_t>(sum) +
                                            static_cast<uint32_t>(channel.twice_bias));
    const int32_t scaled = HighMulRounded(twice, channel.multiplier);
    return (scaled + (scaled >> 31) + channel.rounding) >> channel.right;
  }

  ref::ChannelOutput ref_;
  const int32_t* bias_;  // null: none
  const int32_t* multiplier_;
  const int32_t* shift_;
  int32_t most_bias_, offset_, least_, most_;
  bool whole_range_;
};

}  // namespace covey::kernels::dsp
