#include "kernels/facts.hpp"
#include "kernels/mve/bytes.hpp"
#include "kernels/mve/dot4x1.hpp"
#include "kernels/mve/finish.hpp"
#include "kernels/mve/run.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::mve {
namespace {

// Four rows of int4 from `first` on, some inputs at a time, unpacked on the stack.
void NarrowSums(const OpView& op, const int8_t* in, int32_t first, int32_t* sums) {
  constexpr int32_t kMost = 128;
  alignas(16) int8_t rows[4 * kMost];
  const int32_t inputs = op.input[1].dims[1];
  for (int i = 0; i < 8; ++i) sums[i] = 0;
  for (int32_t k = 0; k < inputs; k += kMost) {
    const int32_t count = inputs - k < kMost ? inputs - k : kMost;
    for (int32_t i = 0; i < 4; ++i)
      UnpackNarrow(RowOf(op.input[1], first + i) + k / 2, count, rows + i * kMost);
    const FourRows four{rows, kMost, count / 16, count % 16};
    int32_t some[8];
    covey_mve_dot4x1(in + k, &four, some);
    for (int i = 0; i < 8; ++i) sums[i] += some[i];
  }
}

}  // namespace

void RunFullyConnected(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return ref::RunFullyConnected(op);
  const auto& attr = op.attr_as<ConvAttr>();
  const int32_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  if (attr.weights_offset != 0 || attr.weights_order != 0 || outputs < 4)
    return ref::RunFullyConnected(op);
  const auto batch = static_cast<int32_t>(op.input[0].elements() / inputs);
  const Range range(attr);
  const int32_t* const bias = op.input[2].as<int32_t>();
  const int32_t* const multiplier = op.params.data();
  const int8_t* const in = op.input[0].as<int8_t>();
  int8_t* const result = op.output[0].as_mutable<int8_t>();
  for (int32_t o = 0; o < outputs; o += 4) {
    // The last four may overlap those before them; their results are the same.
    const int32_t first = o + 4 <= outputs ? o : outputs - 4;
    const FourRows rows{op.input[1].as<int8_t>() + first * inputs, inputs, inputs / 16,
                        inputs % 16};
    const int32x4_t multipliers = vldrwq_s32(multiplier + first);
    const int32x4_t shifts = vldrwq_s32(multiplier + outputs + first);
    const int32x4_t biases = bias == nullptr ? vdupq_n_s32(0) : vldrwq_s32(bias + first);
    for (int32_t n = 0; n < batch; ++n) {
      int32_t sums[8];
      if (kSomeNarrow && op.input[1].dtype == DType::kInt4) {
        NarrowSums(op, in + n * inputs, first, sums);
      } else {
        covey_mve_dot4x1(in + n * inputs, &rows, sums);
      }
      int32x4_t sum = vaddq_s32(vldrwq_s32(sums), biases);
      sum = vaddq_s32(sum, vmulq_n_s32(vldrwq_s32(sums + 4), attr.input_offset));
      vstrbq_s32(result + n * outputs + first, FinishFour(sum, multipliers, shifts, range));
    }
  }
}

}  // namespace covey::kernels::mve
