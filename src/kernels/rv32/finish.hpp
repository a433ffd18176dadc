// Finish is a convolution's epilogue: multiplier, both roundings, zero point and range in thirteen
// instructions where the channel's numbers allow it, else as ref/ does it.
//
// With s = 2 * acc, (s * m + 2^31) >> 32 is the rounding doubling high multiplication of acc, as
// long as s does not overflow. The rounding right shift is (t - (t < 0) + 2^(r-1)) >> r, and the
// zero point moves in as zero_point * 2^r.
//
// Exact: a channel is fast only if no intermediate value can leave int32.
#pragma once

#include "kernels/ref/channel.hpp"

namespace covey::kernels::rv32 {

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
  }

  // A channel's numbers, to be held in registers: a byte that is stored might change them in
  // memory.
  struct Channel {
    int32_t number, multiplier, rounding;
    int32_t right;  // 0: not fast
    int32_t least, most;

    bool fast() const { return right != 0; }
    // `sum` with everything in it. For fast channels.
    int8_t operator()(int32_t sum) const {
      const int64_t product = int64_t{2 * sum} * multiplier;
      const auto low = static_cast<uint32_t>(product);
      const int32_t scaled = static_cast<int32_t>(product >> 32) + static_cast<int32_t>(low >> 31);
      const int32_t value = (scaled + (scaled >> 31) + rounding) >> right;
      return static_cast<int8_t>(Clamp(value, least, most));
    }
  };
  Channel Of(int32_t number) const {
    const int32_t bias = bias_ == nullptr ? 0 : bias_[number];
    const int32_t right = -shift_[number];
    const bool fast = right >= 1 && right <= 20 && bias < most_bias_ && bias > -most_bias_;
    return {number,
            multiplier_[number],
            fast ? (1 << (right - 1)) + offset_ * (1 << right) : 0,
            fast ? right : 0,
            least_,
            most_};
  }

  // Any channel. `sum` with everything in it.
  int8_t operator()(int32_t sum, const Channel& channel) const {
    if (channel.fast()) return channel(sum);
    // ref/ adds the bias itself.
    const int32_t bias = bias_ == nullptr ? 0 : bias_[channel.number];
    return ref_(WrapAdd(sum, WrapAdd(~bias, 1)), channel.number);
  }

 private:
  ref::ChannelOutput ref_;
  const int32_t* bias_;  // null: none
  const int32_t* multiplier_;
  const int32_t* shift_;
  int32_t most_bias_, offset_, least_, most_;
};

}  // namespace covey::kernels::rv32
