#include "kernels/mve/finish.hpp"
#include "kernels/mve/run.hpp"
#include "kernels/ref/repeated.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::mve {
namespace {

struct Addend {
  int32_t offset, multiplier, shift;
};

template <bool shifts>
int32x4_t Scaled(int32x4_t value, const Addend& addend, int32_t left_shift) {
  value = vshlq_r_s32(vaddq_n_s32(value, addend.offset), left_shift);
  return ShiftRight<shifts>(vqrdmulhq_n_s32(value, addend.multiplier), addend.shift);
}

template <bool a_shifts, bool b_shifts>
void AddAll(const AddAttr& attr, const int8_t* a, const int8_t* b, int8_t* out, int32_t count) {
  const Addend of_a{attr.input0_offset, attr.input0_multiplier, attr.input0_shift};
  const Addend of_b{attr.input1_offset, attr.input1_multiplier, attr.input1_shift};
  const int32_t left = attr.left_shift, multiplier = attr.output_multiplier;
  const int32_t shift = attr.output_shift, offset = attr.output_offset;
  const int32x4_t least = vdupq_n_s32(attr.activation_min);
  const int32x4_t most = vdupq_n_s32(attr.activation_max);
  const auto four = [&](int32x4_t from_a, int32x4_t from_b) {
    int32x4_t value =
        vaddq_s32(Scaled<a_shifts>(from_a, of_a, left), Scaled<b_shifts>(from_b, of_b, left));
    value = ShiftRight<true>(vqrdmulhq_n_s32(value, multiplier), shift);
    return vminq_s32(vmaxq_s32(vqaddq_n_s32(value, offset), least), most);
  };
  // Each step reads before it writes: out may be a or b, or begin before them.
  for (; count >= 4; count -= 4, a += 4, b += 4, out += 4)
    vstrbq_s32(out, four(vldrbq_s32(a), vldrbq_s32(b)));
  const mve_pred16_t rest = vctp32q(static_cast<uint32_t>(count));
  vstrbq_p_s32(out, four(vldrbq_z_s32(a, rest), vldrbq_z_s32(b, rest)), rest);
}

void AddRow(const OpView& op, const ref::PairRow& row) {
  const auto& attr = op.attr_as<AddAttr>();
  const bool of_a = attr.input0_shift != 0, of_b = attr.input1_shift != 0;
  const auto add = of_a ? (of_b ? AddAll<true, true> : AddAll<true, false>)
                        : (of_b ? AddAll<false, true> : AddAll<false, false>);
  ref::ForEachPart(row, [&](const int8_t* a, const int8_t* b, int8_t* out, int32_t count) {
    add(attr, a, b, out, count);
  });
}

}  // namespace

void RunAdd(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8 || op.attr_as<AddAttr>().output_shift == 0)
    return ref::RunAdd(op);
  ref::ForEachRow(op, AddRow);
}

}  // namespace covey::kernels::mve
