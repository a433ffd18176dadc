// For each filter a number a step, remembered for as many steps as there are time weights; each
// unit sums its filters over that time.
#include "kernels/fixed_point.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

// What a filter makes of this step's input.
int32_t Feature(const OpView& op, const int8_t* in, const int8_t* weights) {
  const auto& attr = op.attr_as<SvdfAttr>();
  int32_t sum = 0;
  for (int32_t i = 0; i < op.input[0].dims[1]; ++i)
    sum += weights[i] * (in[i] - attr.input_zero_point);
  return MultiplyByQuantized(sum, attr.feature_multiplier, attr.feature_shift);
}

// Forgets the oldest step of a filter, remembers `value`, and sums over time.
template <typename T>
int32_t Remember(T* state, const T* weights, int32_t memory, int32_t value) {
  constexpr int32_t kMost = sizeof(T) == 1 ? 127 : 32767;
  for (int32_t m = 1; m < memory; ++m) state[m - 1] = state[m];
  state[memory - 1] = static_cast<T>(Clamp(value, -kMost - 1, kMost));
  int32_t sum = 0;
  for (int32_t m = 0; m < memory; ++m) sum = WrapAdd(sum, weights[m] * state[m]);
  return sum;
}

// in (B, I)  feature weights (F, I)  time weights (F, M)  state (B, F, M)  out (B, U), F = U * rank
template <typename T>
void Svdf(const OpView& op) {
  const auto& attr = op.attr_as<SvdfAttr>();
  const int32_t inputs = op.input[0].dims[1], memory = op.input[2].dims[1];
  const int32_t least = attr.activation_min - attr.output_offset;
  const int32_t most = attr.activation_max - attr.output_offset;
  const auto* bias = op.input[3].as<int32_t>();
  const int8_t* in = op.input[0].as<int8_t>();
  T* state = op.input[4].as_mutable<T>();
  int8_t* out = op.output[0].as_mutable<int8_t>();
  for (int32_t b = 0; b < op.output[0].dims[0]; ++b, in += inputs) {
    const int8_t* feature = op.input[1].as<int8_t>();
    const T* time = op.input[2].as<T>();
    for (int32_t unit = 0; unit < op.output[0].dims[1]; ++unit) {
      int32_t sum = bias == nullptr ? 0 : bias[unit];
      for (int32_t r = 0; r < attr.rank; ++r) {
        sum = WrapAdd(sum, Remember(state, time, memory, Feature(op, in, feature)));
        feature += inputs, time += memory, state += memory;
      }
      const int32_t scaled = MultiplyByQuantized(sum, attr.output_multiplier, attr.output_shift);
      *out++ = static_cast<int8_t>(Clamp(scaled, least, most) + attr.output_offset);
    }
  }
}

}  // namespace

void RunSvdf(const OpView& op) {
  if (op.input[4].dtype == DType::kInt16) return Svdf<int16_t>(op);
  Svdf<int8_t>(op);
}

}  // namespace covey::kernels::ref
