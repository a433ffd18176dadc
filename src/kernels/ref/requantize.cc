#include <limits>

#include "kernels/fixed_point.hpp"
#include "kernels/ref/floats.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

template <typename From, typename To>
void Requantize(const OpView& op) {
  const auto& attr = op.attr_as<RequantizeAttr>();
  const int32_t least = attr.activation_min - attr.output_offset;
  const int32_t most = attr.activation_max - attr.output_offset;
  const From* in = op.input[0].as<From>();
  To* out = op.output[0].as_mutable<To>();
  for (size_t i = 0; i < op.output[0].bytes / sizeof(To); ++i) {
    const int32_t scaled =
        MultiplyByQuantized(in[i] + attr.input_offset, attr.multiplier, attr.shift);
    out[i] = static_cast<To>(Clamp(scaled, least, most) + attr.output_offset);
  }
}

template <typename From>
void RequantizeFrom(const OpView& op) {
  if (op.output[0].dtype == DType::kInt16) return Requantize<From, int16_t>(op);
  if (op.output[0].dtype == DType::kUint8) return Requantize<From, uint8_t>(op);
  Requantize<From, int8_t>(op);
}

// To the nearest integer, halves away from zero; within +-100000, where int8 and int16 saturate
// anyway. Not a number gives 0.
int32_t Round(float x) {
  if (x >= 1e5F) return 100000;
  if (x <= -1e5F) return -100000;
  if (x != x) return 0;
  const auto whole = static_cast<int32_t>(x);
  const float rest = x - static_cast<float>(whole);  // exact
  return whole + (rest >= 0.5F ? 1 : 0) - (rest <= -0.5F ? 1 : 0);
}

template <typename T>
void QuantizeFloats(const OpView& op) {
  constexpr int32_t kLeast = std::numeric_limits<T>::min(), kMost = std::numeric_limits<T>::max();
  const TensorView& output = op.output[0];
  const float* in = op.input[0].as<float>();
  T* out = output.as_mutable<T>();
  for (size_t i = 0; i < output.bytes / sizeof(T); ++i)
    out[i] = static_cast<T>(Clamp(Round(in[i] / output.scale) + output.zero_point, kLeast, kMost));
}

template <typename T>
void Dequantize(const OpView& op) {
  const TensorView& input = op.input[0];
  const T* in = input.as<T>();
  float* out = op.output[0].as_mutable<float>();
  for (size_t i = 0; i < input.bytes / sizeof(T); ++i)
    out[i] = input.scale * static_cast<float>(in[i] - input.zero_point);
}

void FloatRelu(const OpView& op) {
  const auto& attr = op.attr_as<RequantizeAttr>();
  const float* in = op.input[0].as<float>();
  float* out = op.output[0].as_mutable<float>();
  for (size_t i = 0; i < op.output[0].bytes / sizeof(float); ++i)
    out[i] = ClampFloat(in[i], attr.activation_min, attr.activation_max);
}

}  // namespace

void RunQuantize(const OpView& op) {
  switch (op.input[0].dtype) {
    case DType::kFloat32:
      if (op.output[0].dtype == DType::kInt16) return QuantizeFloats<int16_t>(op);
      if (op.output[0].dtype == DType::kUint8) return QuantizeFloats<uint8_t>(op);
      return QuantizeFloats<int8_t>(op);
    case DType::kUint8:
      return RequantizeFrom<uint8_t>(op);
    case DType::kInt16:
      return RequantizeFrom<int16_t>(op);
    default:
      return RequantizeFrom<int8_t>(op);
  }
}

void RunRelu(const OpView& op) {
  if (IsFloat(op.input[0])) return FloatRelu(op);
  if (op.input[0].dtype == DType::kInt16) return Requantize<int16_t, int16_t>(op);
  Requantize<int8_t, int8_t>(op);
}

void RunDequantize(const OpView& op) {
  if (op.input[0].dtype == DType::kUint8) return Dequantize<uint8_t>(op);
  if (op.input[0].dtype == DType::kInt16) return Dequantize<int16_t>(op);
  Dequantize<int8_t>(op);
}

}  // namespace covey::kernels::ref
