#include "kernels/mve/dot4x1.hpp"
#include "kernels/mve/finish.hpp"
#include "kernels/mve/run.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::mve {

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
      covey_mve_dot4x1(in + n * inputs, &rows, sums);
      int32x4_t sum = vaddq_s32(vldrwq_s32(sums), biases);
      sum = vaddq_s32(sum, vmulq_n_s32(vldrwq_s32(sums + 4), attr.input_offset));
      vstrbq_s32(result + n * outputs + first, FinishFour(sum, multipliers, shifts, range));
    }
  }
}

}  // namespace covey::kernels::mve
