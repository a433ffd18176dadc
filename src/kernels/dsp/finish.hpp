// Finish is a convolution's epilogue: multiplier, both roundings, zero point and range of a sum in
// three to five instructions where the channel's numbers allow it, else as ref/ does it.
//
// SMMLAR(a, b, c) = (c * 2^32 + a * b + 2^31) >> 32. With the multiplier m (2^30 <= m < 2^31) the
// rounding doubling high multiplication of a sum s is (2 s m + 2^31) >> 32 = SMMLAR(s, 2m - 2^32,
// s). The rounding right shift by r is SMMLAR(t - (t < 0), 2^(32-r), zero point): halves away from
// zero. Where the range begins at the zero point or above it (relu), a negative t ends at the same
// byte without "- (t < 0)".
//
// Exact: no intermediate value of a fast channel can leave int32, whatever the sum.
#pragma once

#include "kernels/dsp/choice.hpp"
#include "kernels/dsp/simd.hpp"
#include "kernels/facts.hpp"
#include "kernels/ref/channel.hpp"

namespace covey::kernels::dsp {

// As the assembly of the inner loops reads it. Sums begin at the bias.
struct Channel {
  int32_t bias;
  int32_t multiplier;  // 2m - 2^32
  int32_t power;       // 2^(32 - right shift); 0: the channel is not fast
  bool fast() const { return power != 0; }
};

// How a fast channel's sum becomes a byte; the assembly tells them apart by number.
enum class Ending : int32_t {
  kRelu = 0,    // the whole range of int8, which begins at the zero point
  kSigned = 1,  // the whole range of int8
  kOther = 2,   // another range
};

class Finish {
 public:
  Finish(const OpView& op, int32_t channels)
      : ref_(op, channels),
        bias_(op.input[2].as<int32_t>()),
        multiplier_(op.params.data()),
        shift_(op.params.data() + channels) {
    const auto& attr = op.attr_as<ConvAttr>();
    offset_ = attr.output_offset;
    least_ = attr.activation_min, most_ = attr.activation_max;
    if (least_ == -128 && most_ == 127) {
      ending_ = offset_ == -128 ? Ending::kRelu : Ending::kSigned;
    }
  }

  // Whether the channel is fast. Its bias is set in any case.
  bool Set(int32_t number, Channel& channel) const {
    const int32_t right = -shift_[number];
    channel.bias = bias_ == nullptr ? 0 : bias_[number];
    channel.multiplier = static_cast<int32_t>(2 * static_cast<uint32_t>(multiplier_[number]));
    channel.power = kSomeSlow && !FastScale(multiplier_[number], -right) ? 0 : 1 << (32 - right);
    return channel.fast();
  }

  Ending ending() const { return ending_; }
  int32_t offset() const { return offset_; }

  // `sum` holds the bias already.
  int8_t operator()(int32_t sum, const Channel& channel, int32_t number) const {
    if (kSomeSlow && !channel.fast()) return ref_.Scaled(sum, number);
    const int32_t scaled = HighMacRounded(sum, channel.multiplier, sum);
    const int32_t value = HighMacRounded(scaled + (scaled >> 31), channel.power, offset_);
    return static_cast<int8_t>(
        !kSomeSlow || ending_ != Ending::kOther ? Saturate8(value) : Clamp(value, least_, most_));
  }

  // Where the sums of four channels begin.
  void Begin(int32_t first, int32_t* sums) const {
    if (bias_ == nullptr) {
      for (int i = 0; i < 4; ++i) sums[i] = 0;
    } else {
      __builtin_memcpy(sums, bias_ + first, 4 * sizeof(int32_t));
    }
  }

  // Four channels of one pixel, whose constants are used once and so not kept. A function of its
  // own: within a loop the compiler would spill.
  __attribute__((noinline)) void Four(const int32_t* sums, int32_t first, int8_t* out) const {
    const int32_t* const multiplier = multiplier_ + first;
    const int32_t* const shift = shift_ + first;
    int32_t slow = ending_ == Ending::kOther ? -1 : 0;  // negative: some channel is not fast
    uint32_t bytes = 0;
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const int32_t m = multiplier[i], left = shift[i];
      slow |= (m - (1 << 30)) | (-2 - left);
      const int32_t power = 1 << ((32 + left) & 31);
      const int32_t scaled =
          HighMacRounded(sums[i], static_cast<int32_t>(2 * static_cast<uint32_t>(m)), sums[i]);
      const int32_t value = HighMacRounded(scaled + (scaled >> 31), power, offset_);
      bytes |= static_cast<uint32_t>(Saturate8(value) & 0xFF) << (8 * i);
    }
    if (!kSomeSlow || slow >= 0) {
      __builtin_memcpy(out, &bytes, sizeof(bytes));
    } else {
      for (int i = 0; i < 4; ++i) out[i] = ref_.Scaled(sums[i], first + i);
    }
  }

 private:
  ref::ChannelOutput ref_;
  const int32_t* bias_;  // null: none
  const int32_t* multiplier_;
  const int32_t* shift_;
  int32_t offset_, least_, most_;
  Ending ending_ = Ending::kOther;
};

}  // namespace covey::kernels::dsp
