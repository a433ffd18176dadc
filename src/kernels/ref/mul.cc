#include "kernels/fixed_point.hpp"
#include "kernels/ref/broadcast.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

template <typename T>
void MulRow(const OpView& op, const PairRow& row) {
  const auto& attr = op.attr_as<MulAttr>();
  const int32_t least = attr.activation_min - attr.output_offset;
  const int32_t most = attr.activation_max - attr.output_offset;
  for (int32_t i = 0; i < row.count; ++i) {
    const int32_t product = (row.A<T>(i) + attr.input0_offset) * (row.B<T>(i) + attr.input1_offset);
    const int32_t scaled = MultiplyByQuantized(product, attr.multiplier, attr.shift);
    row.Set<T>(i, Clamp(scaled, least, most) + attr.output_offset);
  }
}

void PreluRow(const OpView& op, const PairRow& row) {
  const auto& attr = op.attr_as<PreluAttr>();
  const int32_t least = -128 - attr.output_offset, most = 127 - attr.output_offset;
  for (int32_t i = 0; i < row.count; ++i) {
    int32_t x = row.A<int8_t>(i) + attr.input_offset;
    int32_t multiplier = attr.multiplier, shift = attr.shift;
    if (x < 0) {
      x *= row.B<int8_t>(i) + attr.slope_offset;
      multiplier = attr.slope_multiplier, shift = attr.slope_shift;
    }
    const int32_t scaled = MultiplyByQuantized(x, multiplier, shift);
    row.Set<int8_t>(i, Clamp(scaled, least, most) + attr.output_offset);
  }
}

void MaxMinRow(const OpView& op, const PairRow& row) {
  const bool most = op.op == Op::kMaximum;
  for (int32_t i = 0; i < row.count; ++i) {
    const int8_t a = row.A<int8_t>(i), b = row.B<int8_t>(i);
    row.Set<int8_t>(i, (a > b) == most ? a : b);
  }
}

}  // namespace

void RunMul(const OpView& op) {
  ForEachRow(op, op.output[0].dtype == DType::kInt16 ? MulRow<int16_t> : MulRow<int8_t>);
}
void RunPrelu(const OpView& op) { ForEachRow(op, PreluRow); }
void RunMaximum(const OpView& op) { ForEachRow(op, MaxMinRow); }
void RunMinimum(const OpView& op) { ForEachRow(op, MaxMinRow); }

}  // namespace covey::kernels::ref
