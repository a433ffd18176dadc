#include "kernels/fixed_point.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

template <typename T>
void Requantize(const OpView& op) {
  const auto& attr = op.attr_as<RequantizeAttr>();
  const int32_t least = attr.activation_min - attr.output_offset;
  const int32_t most = attr.activation_max - attr.output_offset;
  const T* in = op.input[0].as<T>();
  int8_t* out = op.output[0].as_mutable<int8_t>();
  for (size_t i = 0; i < op.output[0].bytes; ++i) {
    const int32_t scaled =
        MultiplyByQuantized(in[i] + attr.input_offset, attr.multiplier, attr.shift);
    out[i] = static_cast<int8_t>(Clamp(scaled, least, most) + attr.output_offset);
  }
}

// To the nearest integer, halves away from zero; within +-1000, where int8 saturates anyway. Not a
// number gives 0.
int32_t Round(float x) {
  if (x >= 1000.0F) return 1000;
  if (x <= -1000.0F) return -1000;
  if (x != x) return 0;
  const auto whole = static_cast<int32_t>(x);
  const float rest = x - static_cast<float>(whole);  // exact
  return whole + (rest >= 0.5F ? 1 : 0) - (rest <= -0.5F ? 1 : 0);
}

void QuantizeFloats(const OpView& op) {
  const TensorView& output = op.output[0];
  const float* in = op.input[0].as<float>();
  int8_t* out = output.as_mutable<int8_t>();
  for (size_t i = 0; i < output.bytes; ++i)
    out[i] = static_cast<int8_t>(Clamp(Round(in[i] / output.scale) + output.zero_point, -128, 127));
}

template <typename T>
void Dequantize(const OpView& op) {
  const TensorView& input = op.input[0];
  const T* in = input.as<T>();
  float* out = op.output[0].as_mutable<float>();
  for (size_t i = 0; i < input.bytes; ++i)
    out[i] = input.scale * static_cast<float>(in[i] - input.zero_point);
}

}  // namespace

void RunQuantize(const OpView& op) {
  switch (op.input[0].dtype) {
    case DType::kFloat32:
      return QuantizeFloats(op);
    case DType::kUint8:
      return Requantize<uint8_t>(op);
    default:
      return Requantize<int8_t>(op);
  }
}

void RunRelu(const OpView& op) { Requantize<int8_t>(op); }

void RunDequantize(const OpView& op) {
  if (op.input[0].dtype == DType::kUint8) return Dequantize<uint8_t>(op);
  Dequantize<int8_t>(op);
}

}  // namespace covey::kernels::ref
