#include <bit>

#include "kernels/fixed_point.hpp"
#include "kernels/ref/float_functions.hpp"
#include "kernels/ref/floats.hpp"
#include "kernels/ref/lookup.hpp"
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

void NarrowRow(const SoftmaxAttr& attr, const int8_t* in, int8_t* out, int32_t count) {
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

// int16: exp over [-10, 0] and 1 / (1 + x) over [0, 1] from tables.
int32_t WideExponential(const OpView& op, int32_t difference) {
  const auto& attr = op.attr_as<SoftmaxAttr>();
  const int32_t scaled = MultiplyByQuantized(difference, attr.multiplier, attr.shift);
  return LookUp(op.params.data(), Clamp(scaled, -65535, 0) + 32767);
}

void WideRow(const OpView& op, const int16_t* in, int16_t* out, int32_t count) {
  int32_t largest = -32768;
  for (int32_t i = 0; i < count; ++i) largest = in[i] > largest ? in[i] : largest;
  int32_t sum = 0;
  for (int32_t i = 0; i < count; ++i) {
    const int32_t value = WideExponential(op, in[i] - largest);
    sum += value < 0 ? 0 : value;  // a table that is an exponential has none
  }
  sum = sum < 1 ? 1 : sum;
  // sum = (1 + x) * 2^(16 - headroom), x in Q0.16
  const int headroom = std::countl_zero(static_cast<uint32_t>(sum));
  const auto scaled = static_cast<int32_t>(((int64_t{sum} << (headroom - 1)) + (1 << 13)) >> 14);
  const int32_t x = Clamp(scaled - (1 << 15) - (1 << 16), -32768, 32767);
  const int64_t reciprocal = LookUp(op.params.data() + kLookupWords, x);
  const int shift = headroom < 31 ? 31 - headroom : 1;
  for (int32_t i = 0; i < count; ++i) {
    const int64_t product = reciprocal * WideExponential(op, in[i] - largest);
    const auto value = static_cast<int32_t>((product + (int64_t{1} << (shift - 1))) >> shift);
    out[i] = static_cast<int16_t>(Clamp(value, 0, 32767));
  }
}

void FloatRow(const SoftmaxAttr& attr, const float* in, float* out, int32_t count) {
  const float beta = FloatOf(attr.multiplier);
  float largest = in[0], sum = 0;
  for (int32_t i = 1; i < count; ++i) largest = in[i] > largest ? in[i] : largest;
  for (int32_t i = 0; i < count; ++i) sum += out[i] = Exp((in[i] - largest) * beta);
  for (int32_t i = 0; i < count; ++i) out[i] /= sum;
}

template <typename T, typename OneRow>
void Rows(const OpView& op, OneRow one_row) {
  const int32_t count = op.input[0].dims[op.input[0].rank() - 1];
  const T* in = op.input[0].as<T>();
  T* out = op.output[0].as_mutable<T>();
  for (const T* const end = in + op.input[0].elements(); in != end; in += count, out += count)
    one_row(in, out, count);
}

}  // namespace

void RunSoftmax(const OpView& op) {
  if (IsFloat(op.input[0])) {
    return Rows<float>(op, [&](const float* in, float* out, int32_t count) {
      FloatRow(op.attr_as<SoftmaxAttr>(), in, out, count);
    });
  }
  if (op.input[0].dtype == DType::kInt16) {
    return Rows<int16_t>(
        op, [&](const int16_t* in, int16_t* out, int32_t count) { WideRow(op, in, out, count); });
  }
  const auto& attr = op.attr_as<SoftmaxAttr>();
  Rows<int8_t>(
      op, [&](const int8_t* in, int8_t* out, int32_t count) { NarrowRow(attr, in, out, count); });
}

}  // namespace covey::kernels::ref
