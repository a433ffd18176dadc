// Four products at a time, a row of the output after the other.
#include "kernels/mve/finish.hpp"
#include "kernels/mve/run.hpp"
#include "kernels/ref/broadcast.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::mve {
namespace {

struct Numbers {
  const MulAttr& attr;
  int32x4_t least, most;

  int32x4_t Four(int32x4_t a, int32x4_t b) const {
    const int32x4_t product =
        vmulq_s32(vaddq_n_s32(a, attr.input0_offset), vaddq_n_s32(b, attr.input1_offset));
    const int32x4_t value = ShiftRight<true>(vqrdmulhq_n_s32(product, attr.multiplier), attr.shift);
    return vminq_s32(vmaxq_s32(vqaddq_n_s32(value, attr.output_offset), least), most);
  }
};

// Each step reads before it writes: the output may be an operand, or begin before it.
template <bool repeats_b>
void Row(const Numbers& numbers, const int8_t* a, const int8_t* b, int8_t* out, int32_t count) {
  const int32x4_t same = vdupq_n_s32(*b);
  for (; count >= 4; count -= 4, a += 4, b += 4, out += 4)
    vstrbq_s32(out, numbers.Four(vldrbq_s32(a), repeats_b ? same : vldrbq_s32(b)));
  const mve_pred16_t rest = vctp32q(static_cast<uint32_t>(count));
  const int32x4_t last = repeats_b ? same : vldrbq_z_s32(b, rest);
  vstrbq_p_s32(out, numbers.Four(vldrbq_z_s32(a, rest), last), rest);
}

void MulRow(const OpView& op, const ref::PairRow& row) {
  MulAttr attr = op.attr_as<MulAttr>();
  const auto *a = reinterpret_cast<const int8_t*>(row.a),
             *b = reinterpret_cast<const int8_t*>(row.b);
  auto* const out = reinterpret_cast<int8_t*>(row.out);
  const bool swapped = row.step_a == 0;  // the product is the same
  if (swapped) {
    const int32_t offset = attr.input0_offset;
    attr.input0_offset = attr.input1_offset, attr.input1_offset = offset;
    const int8_t* const other = a;
    a = b, b = other;
  }
  const Numbers numbers{attr, vdupq_n_s32(attr.activation_min), vdupq_n_s32(attr.activation_max)};
  if (row.step_a == 0 || row.step_b == 0) return Row<true>(numbers, a, b, out, row.count);
  Row<false>(numbers, a, b, out, row.count);
}

}  // namespace

void RunMul(const OpView& op) {
  const auto& attr = op.attr_as<MulAttr>();
  // A row of one element may repeat both operands.
  const bool rows = op.output[0].rank() > 0;
  if (op.output[0].dtype != DType::kInt8 || attr.shift >= 0 || !rows) return ref::RunMul(op);
  ref::ForEachRow(op, MulRow);
}

}  // namespace covey::kernels::mve
