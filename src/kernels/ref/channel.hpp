// What every convolution does with a finished sum: bias, multiplier of its output channel, output
// zero point, activation range.
#pragma once

#include "core/op_view.hpp"
#include "kernels/fixed_point.hpp"

namespace covey::kernels::ref {

class ChannelOutput {
 public:
  ChannelOutput(const OpView& op, int32_t channels)
      : bias_(op.input[2].as<int32_t>()),
        multiplier_(op.params.data()),
        shift_(op.params.data() + channels) {
    const auto& attr = op.attr_as<ConvAttr>();
    offset_ = attr.output_offset;
    least_ = attr.activation_min - offset_;
    most_ = attr.activation_max - offset_;
  }

  int8_t operator()(int32_t sum, int32_t channel) const {
    return Scaled(bias_ == nullptr ? sum : WrapAdd(sum, bias_[channel]), channel);
  }
  // The same for a sum that holds the bias already.
  int8_t Scaled(int32_t acc, int32_t channel) const {
    const int32_t scaled = MultiplyByQuantized(acc, multiplier_[channel], shift_[channel]);
    // The range moves instead of the value, which could overflow.
    return static_cast<int8_t>(Clamp(scaled, least_, most_) + offset_);
  }

 private:
  const int32_t* bias_;  // null: none
  const int32_t* multiplier_;
  const int32_t* shift_;
  int32_t offset_, least_, most_;
};

// sum + (x[0] + x_offset) * w[0] + ... Unrolled: two instructions of loop control would be a third
// of the work.
inline int32_t Dot(int32_t sum, const int8_t* x, const int8_t* w, int32_t count, int32_t x_offset) {
#pragma GCC unroll 8
  for (int32_t i = 0; i < count; ++i) sum += (x[i] + x_offset) * w[i];
  return sum;
}

}  // namespace covey::kernels::ref
