// What an input contributes depends on its byte alone: a table of 256 words for each input, made
// anew for each run, then two look-ups and one scaling an element.
#include "kernels/dsp/run.hpp"
#include "kernels/dsp/scratch.hpp"
#include "kernels/dsp/simd.hpp"
#include "kernels/fixed_point.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::dsp {
namespace {

// table[q + 128] = twice the scaled value; false if a sum of two might leave int32.
bool Fill(int32_t* table, int32_t offset, int32_t left_shift, int32_t multiplier, int32_t shift) {
  for (int32_t q = -128; q <= 127; ++q) {
    const int32_t value = MultiplyByQuantized(WrapShift(q + offset, left_shift), multiplier, shift);
    if (value >= 1 << 28 || value <= -(1 << 28)) return false;
    table[q + 128] = 2 * value;
  }
  return true;
}

bool SameDims(const TensorView& a, const TensorView& b) {
  if (a.rank() != b.rank()) return false;
  for (int i = 0; i < a.rank(); ++i)
    if (a.dims[i] != b.dims[i]) return false;
  return true;
}

}  // namespace

void RunAdd(const OpView& op) {
  const auto& attr = op.attr_as<AddAttr>();
  const int32_t right = -attr.output_shift;
  if (!ScratchHolds(op, DspScratchOf(op).least) || !SameDims(op.input[0], op.output[0]) ||
      !SameDims(op.input[1], op.output[0]) || right < 1 || right > 20)
    return ref::RunAdd(op);
  auto* const table_a = reinterpret_cast<int32_t*>(op.scratch.data());
  int32_t* const table_b = table_a + 256;
  if (!Fill(table_a, attr.input0_offset, attr.left_shift, attr.input0_multiplier,
            attr.input0_shift) ||
      !Fill(table_b, attr.input1_offset, attr.left_shift, attr.input1_multiplier,
            attr.input1_shift))
    return ref::RunAdd(op);

  const int8_t* a = op.input[0].as<int8_t>();
  const int8_t* b = op.input[1].as<int8_t>();
  int8_t* out = op.output[0].as_mutable<int8_t>();
  const int32_t* const from_a = table_a + 128;
  const int32_t* const from_b = table_b + 128;
  const int32_t rounding = (1 << (right - 1)) + attr.output_offset * (1 << right);
  const int32_t multiplier = attr.output_multiplier;
  const int32_t least = attr.activation_min, most = attr.activation_max;
  const bool whole = least == -128 && most == 127;
  const auto one = [&](int i) {
    const int32_t scaled = HighMulRounded(from_a[a[i]] + from_b[b[i]], multiplier);
    const int32_t value = (scaled + (scaled >> 31) + rounding) >> right;
    return static_cast<int8_t>(whole ? Saturate8(value) : Clamp(value, least, most));
  };
  const auto count = static_cast<int32_t>(op.output[0].elements());
  // Element by element, each read before it is written: out may be a or b.
  for (int32_t i = 0; i < count; ++i, ++a, ++b, ++out) *out = one(0);
}

}  // namespace covey::kernels::dsp
