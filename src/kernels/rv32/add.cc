// What an input contributes depends on its byte alone: a table of 256 words for each input, made
// anew for each run, then two look-ups and one scaling an element.
#include "kernels/fixed_point.hpp"
#include "kernels/ref/repeated.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/rv32/run.hpp"
#include "kernels/rv32/scratch.hpp"

namespace covey::kernels::rv32 {
namespace {

struct Addend {
  int32_t offset, multiplier, shift;
};

// table[q + 128] = twice the scaled value; false if a sum of two might leave int32.
bool FillTable(int32_t* table, const Addend& addend, int32_t left_shift) {
  for (int32_t q = -128; q <= 127; ++q) {
    const int32_t value = MultiplyByQuantized(WrapShift(q + addend.offset, left_shift),
                                              addend.multiplier, addend.shift);
    if (value >= 1 << 28 || value <= -(1 << 28)) return false;
    table[q + 128] = 2 * value;
  }
  return true;
}

void AddRow(const OpView& op, const ref::PairRow& row) {
  const auto& attr = op.attr_as<AddAttr>();
  const auto* const table = reinterpret_cast<const int32_t*>(op.scratch.data());
  const int32_t* const from_a = table + 128;
  const int32_t* const from_b = table + 256 + 128;
  const int32_t right = -attr.output_shift;
  const int32_t rounding = (1 << (right - 1)) + attr.output_offset * (1 << right);
  const int32_t multiplier = attr.output_multiplier;
  const int32_t least = attr.activation_min, most = attr.activation_max;
  ref::ForEachPart(row, [&](const int8_t* in_a, const int8_t* in_b, int8_t* out, int32_t count) {
    const auto one = [&](int i) {
      const int64_t product = int64_t{from_a[in_a[i]] + from_b[in_b[i]]} * multiplier;
      const auto low = static_cast<uint32_t>(product);
      const int32_t scaled = static_cast<int32_t>(product >> 32) + static_cast<int32_t>(low >> 31);
      const int32_t value = (scaled + (scaled >> 31) + rounding) >> right;
      out[i] = static_cast<int8_t>(Clamp(value, least, most));
    };
    // Each element is read before it is written: out may be a or b, or begin before them.
    for (; count >= 4; count -= 4, in_a += 4, in_b += 4, out += 4) one(0), one(1), one(2), one(3);
    for (int i = 0; i < count; ++i) one(i);
  });
}

}  // namespace

void RunAdd(const OpView& op) {
  const auto& attr = op.attr_as<AddAttr>();
  const int32_t right = -attr.output_shift;
  if (!ScratchHolds(op, Rv32ScratchOf(op).least) || right < 1 || right > 20) return ref::RunAdd(op);
  auto* const table = reinterpret_cast<int32_t*>(op.scratch.data());
  const Addend a{attr.input0_offset, attr.input0_multiplier, attr.input0_shift};
  const Addend b{attr.input1_offset, attr.input1_multiplier, attr.input1_shift};
  if (!FillTable(table, a, attr.left_shift) || !FillTable(table + 256, b, attr.left_shift))
    return ref::RunAdd(op);
  ref::ForEachRow(op, AddRow);
}

}  // namespace covey::kernels::rv32
