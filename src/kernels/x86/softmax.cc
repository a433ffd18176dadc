// softmax by a table: a row's exponentials depend on differences alone, of which there are 256.
#include <bit>

#include "kernels/fixed_point.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/x86/pack.hpp"
#include "kernels/x86/run.hpp"

namespace covey::kernels::x86 {
namespace {

constexpr int kFractionBits = 26, kSumShift = 12;  // as in ref/softmax.cc

struct SoftmaxPlan {
  int32_t exponential[256];  // of minus the index, Q0.31; 0 if too small to count
  int32_t addend[256];       // the same in Q12.19
};

void Row(const SoftmaxPlan& plan, const int8_t* in, int8_t* out, int32_t count) {
  int32_t largest = -128;
  for (int32_t i = 0; i < count; ++i) largest = in[i] > largest ? in[i] : largest;
  int32_t sum = 0;
  for (int32_t i = 0; i < count; ++i) sum += plan.addend[largest - in[i]];

  const int headroom = std::countl_zero(static_cast<uint32_t>(sum));
  const auto x = static_cast<int32_t>((static_cast<uint32_t>(sum) << headroom) - (1U << 31));
  const int32_t reciprocal = OneOverOnePlus(x);
  const int shift = 35 - headroom;
  for (int32_t i = 0; i < count; ++i) {
    const int32_t product = RoundingDoublingHighMul(reciprocal, plan.exponential[largest - in[i]]);
    const int32_t value = shift > 31 ? 0 : RoundingDivideByPowerOfTwo(product, shift);
    out[i] = static_cast<int8_t>(Clamp(value, 0, 255) - 128);
  }
}

}  // namespace

Need SoftmaxNeed(const OpView&) { return {sizeof(SoftmaxPlan), 0}; }

void PackSoftmax(const OpView& op, const Loops&, std::byte* to) {
  const auto& attr = op.attr_as<SoftmaxAttr>();
  auto& plan = *reinterpret_cast<SoftmaxPlan*>(to);
  for (int32_t i = 0; i < 256 && -i >= attr.diff_min; ++i) {
    const int32_t scaled = RoundingDoublingHighMul(WrapShift(-i, attr.shift), attr.multiplier);
    plan.exponential[i] = ExpOfNegative(scaled, kFractionBits);
    plan.addend[i] = RoundingDivideByPowerOfTwo(plan.exponential[i], kSumShift);
  }
}

void RunSoftmax(const OpView& op) {
  if (!IsPacked(op)) return ref::RunSoftmax(op);
  const int32_t count = op.input[0].dims[static_cast<size_t>(op.input[0].rank() - 1)];
  const int8_t* in = op.input[0].as<int8_t>();
  int8_t* out = op.output[0].as_mutable<int8_t>();
  for (const int8_t* const end = in + op.input[0].elements(); in != end; in += count, out += count)
    Row(PlanOf<SoftmaxPlan>(op), in, out, count);
}

}  // namespace covey::kernels::x86
