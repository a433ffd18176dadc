// What every convolution does with a finished sum: bias, multiplier of its output channel, output
// zero point, activation range. Sums of int8 activations are int32, those of int16 activations
// int64.
#pragma once

#include "core/op_view.hpp"
#include "kernels/fixed_point.hpp"
#include "kernels/ref/floats.hpp"

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

// int16 activations: both zero points are 0. An int32 bias asks for an int32 sum (modulo 2^32) and
// its arithmetic, an int64 one or none for that of wide sums.
class WideChannelOutput {
 public:
  WideChannelOutput(const OpView& op, int32_t channels)
      : bias_(op.input[2]),
        multiplier_(op.params.data()),
        shift_(op.params.data() + channels),
        least_(op.attr_as<ConvAttr>().activation_min),
        most_(op.attr_as<ConvAttr>().activation_max) {}

  int16_t operator()(int64_t sum, int32_t channel) const {
    const int32_t multiplier = multiplier_[channel], shift = shift_[channel];
    int32_t scaled = 0;
    if (bias_.dtype == DType::kInt32) {
      const int32_t acc = WrapAdd(static_cast<int32_t>(sum), bias_.as<int32_t>()[channel]);
      scaled = MultiplyByQuantized(acc, multiplier, shift);
    } else {
      const uint64_t bias =
          bias_.data == nullptr ? 0 : static_cast<uint64_t>(bias_.as<int64_t>()[channel]);
      const auto acc = static_cast<int64_t>(static_cast<uint64_t>(sum) + bias);
      scaled = MultiplyWideByQuantized(acc, multiplier, shift);
    }
    return static_cast<int16_t>(Clamp(scaled, least_, most_));
  }

 private:
  const TensorView& bias_;
  const int32_t* multiplier_;
  const int32_t* shift_;
  int32_t least_, most_;
};

class FloatChannelOutput {
 public:
  FloatChannelOutput(const OpView& op, int32_t)
      : bias_(op.input[2].as<float>()),
        least_(op.attr_as<ConvAttr>().activation_min),
        most_(op.attr_as<ConvAttr>().activation_max) {}

  float operator()(float sum, int32_t channel) const {
    return ClampFloat(bias_ == nullptr ? sum : sum + bias_[channel], least_, most_);
  }

 private:
  const float* bias_;  // null: none
  int32_t least_, most_;
};

// The types that go with one of activations.
template <typename T>
struct Arithmetic;
template <>
struct Arithmetic<int8_t> {
  using Sum = int32_t;
  using Weight = int8_t;
  using Output = ChannelOutput;
};
template <>
struct Arithmetic<int16_t> {
  using Sum = int64_t;
  using Weight = int8_t;
  using Output = WideChannelOutput;
};
template <>
struct Arithmetic<float> {
  using Sum = float;
  using Weight = float;
  using Output = FloatChannelOutput;
};
template <typename T>
using WeightOf = typename Arithmetic<T>::Weight;

// sum + (x[0] + x_offset) * w[0] + ... Unrolled: two instructions of loop control would be a third
// of the work.
inline int32_t Dot(int32_t sum, const int8_t* x, const int8_t* w, int32_t count, int32_t x_offset) {
#pragma GCC unroll 8
  for (int32_t i = 0; i < count; ++i) sum += (x[i] + x_offset) * w[i];
  return sum;
}
inline int64_t Dot(int64_t sum, const int16_t* x, const int8_t* w, int32_t count,
                   int32_t x_offset) {
  for (int32_t i = 0; i < count; ++i) sum += (x[i] + x_offset) * w[i];
  return sum;
}
inline float Dot(float sum, const float* x, const float* w, int32_t count, int32_t) {
  for (int32_t i = 0; i < count; ++i) sum += x[i] * w[i];
  return sum;
}

}  // namespace covey::kernels::ref
