#include "kernels/fixed_point.hpp"
#include "kernels/ref/broadcast.hpp"
#include "kernels/ref/floats.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

// clamp(scaled 0 + sign * scaled 1); the sign goes to the element, before any rounding.
template <typename T>
void AddRow(const OpView& op, const PairRow& row) {
  const auto& attr = op.attr_as<AddAttr>();
  const int32_t sign = op.op == Op::kSub ? -1 : 1;
  const int32_t least = attr.activation_min - attr.output_offset;
  const int32_t most = attr.activation_max - attr.output_offset;
  for (int32_t i = 0; i < row.count; ++i) {
    const int32_t a =
        MultiplyByQuantized(WrapShift(row.A<T>(i) + attr.input0_offset, attr.left_shift),
                            attr.input0_multiplier, attr.input0_shift);
    const int32_t b =
        MultiplyByQuantized(WrapShift(sign * (row.B<T>(i) + attr.input1_offset), attr.left_shift),
                            attr.input1_multiplier, attr.input1_shift);
    const int32_t scaled = MultiplyByQuantized(a + b, attr.output_multiplier, attr.output_shift);
    row.Set<T>(i, Clamp(scaled, least, most) + attr.output_offset);
  }
}

// The squares of 16 bits each fit int32, as the addends' multipliers are at most one.
void SquareRow(const OpView& op, const PairRow& row) {
  const auto& attr = op.attr_as<AddAttr>();
  const int32_t least = attr.activation_min - attr.output_offset;
  const int32_t most = attr.activation_max - attr.output_offset;
  for (int32_t i = 0; i < row.count; ++i) {
    const int32_t a =
        MultiplyByQuantized(WrapShift(row.A<int8_t>(i) + attr.input0_offset, attr.left_shift),
                            attr.input0_multiplier, attr.input0_shift);
    const int32_t b =
        MultiplyByQuantized(WrapShift(row.B<int8_t>(i) + attr.input1_offset, attr.left_shift),
                            attr.input1_multiplier, attr.input1_shift);
    const auto square =
        static_cast<int32_t>(static_cast<uint32_t>(a - b) * static_cast<uint32_t>(a - b));
    const int32_t scaled = MultiplyByQuantized(square, attr.output_multiplier, attr.output_shift);
    row.Set<int8_t>(i, Clamp(scaled, least, most) + attr.output_offset);
  }
}

void FloatSquareRow(const OpView&, const PairRow& row) {
  for (int32_t i = 0; i < row.count; ++i) {
    const float difference = row.A<float>(i) - row.B<float>(i);
    row.Set<float>(i, difference * difference);
  }
}

void FloatAddRow(const OpView& op, const PairRow& row) {
  const auto& attr = op.attr_as<AddAttr>();
  const bool minus = op.op == Op::kSub;
  for (int32_t i = 0; i < row.count; ++i) {
    const float a = row.A<float>(i), b = row.B<float>(i);
    row.Set<float>(i, ClampFloat(minus ? a - b : a + b, attr.activation_min, attr.activation_max));
  }
}

}  // namespace

void RunAdd(const OpView& op) {
  if (IsFloat(op.output[0])) return ForEachRow(op, FloatAddRow);
  ForEachRow(op, op.output[0].dtype == DType::kInt16 ? AddRow<int16_t> : AddRow<int8_t>);
}
void RunSub(const OpView& op) { ref::RunAdd(op); }
void RunSquaredDifference(const OpView& op) {
  ForEachRow(op, IsFloat(op.output[0]) ? FloatSquareRow : SquareRow);
}

}  // namespace covey::kernels::ref
