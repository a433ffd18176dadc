// Four elements at a time; the epilogue is finish.hpp's, with one multiplier for all.
#include "kernels/fixed_point.hpp"
#include "kernels/ref/broadcast.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/rv32/run.hpp"

namespace covey::kernels::rv32 {
namespace {

void MulRow(const OpView& op, const ref::PairRow& row) {
  const MulAttr attr = op.attr_as<MulAttr>();  // no store below can change a copy
  const int32_t right = -attr.shift,
                rounding = (1 << (right - 1)) + attr.output_offset * (1 << right);
  const auto *a = reinterpret_cast<const int8_t*>(row.a),
             *b = reinterpret_cast<const int8_t*>(row.b);
  auto* out = reinterpret_cast<int8_t*>(row.out);
  const auto one = [&](int32_t x, int32_t y) {
    const int32_t twice = (x + attr.input0_offset) * (y + attr.input1_offset) * 2;
    const int64_t product = int64_t{twice} * attr.multiplier;
    const auto low = static_cast<uint32_t>(product);
    const int32_t scaled = static_cast<int32_t>(product >> 32) + static_cast<int32_t>(low >> 31);
    const int32_t value = (scaled + (scaled >> 31) + rounding) >> right;
    return static_cast<int8_t>(Clamp(value, attr.activation_min, attr.activation_max));
  };
  int32_t left = row.count;
  if (row.step_a == 1 && row.step_b == 1) {
    for (; left >= 4; left -= 4, a += 4, b += 4, out += 4) {
      const int8_t bytes[] = {one(a[0], b[0]), one(a[1], b[1]), one(a[2], b[2]), one(a[3], b[3])};
      out[0] = bytes[0], out[1] = bytes[1], out[2] = bytes[2], out[3] = bytes[3];
    }
  }
  for (; left > 0; --left, a += row.step_a, b += row.step_b) *out++ = one(*a, *b);
}

}  // namespace

void RunMul(const OpView& op) {
  const auto& attr = op.attr_as<MulAttr>();
  // A product has 17 bits, so that no sum on the way leaves int32.
  if (op.output[0].dtype != DType::kInt8 || attr.shift > -1 || attr.shift < -20)
    return ref::RunMul(op);
  ref::ForEachRow(op, MulRow);
}

}  // namespace covey::kernels::rv32
