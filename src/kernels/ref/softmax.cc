#include <bit>

#include "kernels/fixed_point.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

constexpr int kFractionBits = 26;  // differences are Q5.26
constexpr int kSumShift = 12;      // exponentials are Q0.31, their sum Q12.19

// exp of (value - largest) in Q0.31; 0 if too small to count.
int32_t Exponential(const SoftmaxAttr& attr, int32_t difference) {
  if (difference < attr.diff_min) return 0;
  const int32_t scaled =
      RoundingDoublingHighMul(WrapShift(difference, attr.shift), attr.multiplier);
  return ExpOfNegative(scaled, kFractionBits);
}

void Row(const SoftmaxAttr& attr, const int8_t* in, int8_t* out, int32_t count) {
  int32_t largest = -128;
  for (int32_t i = 0; i < count; ++i) largest = in[i] > largest ? in[i] : largest;
  int32_t sum = 0;
  for (int32_t i = 0; i < count; ++i)
    sum += RoundingDivideByPowerOfTwo(Exponential(attr, in[i] - largest), kSumShift);

  // sum = (1 + x) / 2^headroom with x in Q0.31, so 1 / sum = 2^headroom / (1 + x).
  const int headroom = std::countl_zero(static_cast<uint32_t>(sum));
  const auto x = static_cast<int32_t>((static_cast<uint32_t>(sum) << headroom) - (1U << 31));
  const int32_t reciprocal = OneOverOnePlus(x);
  const int shift = 35 - headroom;  // to units of 1/256
  for (int32_t i = 0; i < count; ++i) {
    const int32_t product = RoundingDoublingHighMul(reciprocal, Exponential(attr, in[i] - largest));
    const int32_t value = shift > 31 ? 0 : RoundingDivideByPowerOfTwo(product, shift);
    out[i] = static_cast<int8_t>(Clamp(value, 0, 255) - 128);
  }
}

}  // namespace

void RunSoftmax(const OpView& op) {
  const auto& attr = op.attr_as<SoftmaxAttr>();
  const int32_t count = op.input[0].dims[op.input[0].rank() - 1];
  const int8_t* in = op.input[0].as<int8_t>();
  int8_t* out = op.output[0].as_mutable<int8_t>();
  for (const int8_t* const end = in + op.input[0].elements(); in != end; in += count, out += count)
    Row(attr, in, out, count);
}

}  // namespace covey::kernels::ref
