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

struct Channel {
  int32_t twice_bias = 0, multiplier = 0, rounding = 0, right = 0;
  int32_t number = 0;
  bool fast = false;
};

class Finish {
 public:
  // `terms`: products in one sum.
  Finish(const OpView& op, int32_t channels, int32_t terms)
      : ref_(op, channels),
        bias_(op.input[2].as<int32_t>()),
        multiplier_(op.params.data()),
        shift_(op.params.data() + channels),
        most_sum_(terms * (255 * 128)) {
    const auto& attr = op.attr_as<ConvAttr>();
    offset_ = attr.output_offset;
    least_ = attr.activation_min, most_ = attr.activation_max;
    whole_range_ = least_ == -128 && most_ == 127;
  }

  Channel Of(int32_t number) const {
    constexpr int32_t kMost = 1 << 30;
    const int32_t bias = bias_ == nullptr ? 0 : bias_[number];
    const int32_t right = -shift_[number];
    Channel channel;
    channel.number = number;
    channel.fast = right >= 1 && right <= 20 && most_sum_ < kMost && bias < kMost - most_sum_ &&
                   bias > most_sum_ - kMost;
    if (!channel.fast) return channel;
    channel.twice_bias = 2 * bias;
    channel.multiplier = multiplier_[number];
    channel.rounding = (1 << (right - 1)) + offset_ * (1 << right);
    channel.right = right;
    return channel;
  }

  int8_t operator()(int32_t sum, const Channel& channel) const {
    if (!channel.fast) return ref_(sum, channel.number);
    const int32_t value = Scale(sum, channel);
    return static_cast<int8_t>(whole_range_ ? Saturate8(value) : Clamp(value, least_, most_));
  }

  // Four pixels of one channel, `step` bytes apart.
  void Four(const int32_t* sums, const Channel& channel, int8_t* out, int32_t step) const {
    if (!channel.fast) {
      for (int i = 0; i < 4; ++i, out += step) *out = ref_(sums[i], channel.number);
    } else if (whole_range_) {
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i, out += step)
        *out = static_cast<int8_t>(Saturate8(Scale(sums[i], channel)));
    } else {
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i, out += step)
        *out = static_cast<int8_t>(Clamp(Scale(sums[i], channel), least_, most_));
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
  int32_t most_sum_, offset_, least_, most_;
  bool whole_range_;
};

}  // namespace covey::kernels::dsp
