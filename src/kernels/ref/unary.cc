#include "kernels/fixed_point.hpp"
#include "kernels/ref/float_functions.hpp"
#include "kernels/ref/floats.hpp"
#include "kernels/ref/lookup.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/ref/sigmoid.hpp"

namespace covey::kernels::ref {
namespace {

int32_t WideValue(const OpView& op, int32_t x) {
  const auto& attr = op.attr_as<UnaryAttr>();
  const auto kind = static_cast<UnaryKind>(attr.kind);
  if (kind == UnaryKind::kLogistic || kind == UnaryKind::kTanh) {
    const int32_t half = attr.shift > 0 ? 1 << (attr.shift - 1) : 0;
    const int32_t scaled = (x * attr.multiplier + half) >> attr.shift;
    const int32_t* const table = op.params.data();
    return kind == UnaryKind::kTanh ? WideTanh(table, scaled) : WideLogistic(table, scaled);
  }
  if (kind != UnaryKind::kLeakyRelu && kind != UnaryKind::kAbs) return LookUp(op.params.data(), x);
  if (kind == UnaryKind::kAbs && x < 0) x = -x;
  return x >= 0 ? MultiplyByQuantized(x, attr.multiplier, attr.shift)
                : MultiplyByQuantized(x, attr.below_multiplier, attr.below_shift);
}

void Wide(const OpView& op) {
  const auto* in = op.input[0].as<int16_t>();
  auto* out = op.output[0].as_mutable<int16_t>();
  for (size_t i = 0; i < op.output[0].bytes / sizeof(*out); ++i)
    out[i] = static_cast<int16_t>(Clamp(WideValue(op, in[i]), -32768, 32767));
}

void Floats(const OpView& op) {
  const auto& attr = op.attr_as<UnaryAttr>();
  const auto kind = static_cast<UnaryKind>(attr.kind);
  const float alpha = FloatOf(attr.alpha), beta = FloatOf(attr.beta);
  const auto* in = op.input[0].as<float>();
  auto* out = op.output[0].as_mutable<float>();
  for (size_t i = 0; i < op.output[0].bytes / sizeof(float); ++i)
    out[i] = UnaryFloat(kind, alpha, beta, in[i]);
}

}  // namespace

void RunUnary(const OpView& op) {
  if (IsFloat(op.input[0])) return Floats(op);
  if (op.input[0].dtype == DType::kInt16) return Wide(op);
  const auto* table = reinterpret_cast<const int8_t*>(op.params.data());
  const auto* in = op.input[0].as<uint8_t>();
  int8_t* out = op.output[0].as_mutable<int8_t>();
  for (size_t i = 0; i < op.output[0].bytes; ++i) out[i] = table[in[i]];
}

}  // namespace covey::kernels::ref
