#include <limits>

#include "kernels/fixed_point.hpp"
#include "kernels/ref/broadcast.hpp"
#include "kernels/ref/floats.hpp"
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

template <typename T>
void PreluRow(const OpView& op, const PairRow& row) {
  const auto& attr = op.attr_as<PreluAttr>();
  const int32_t least = std::numeric_limits<T>::min() - attr.output_offset;
  const int32_t most = std::numeric_limits<T>::max() - attr.output_offset;
  for (int32_t i = 0; i < row.count; ++i) {
    int32_t x = row.A<T>(i) + attr.input_offset;
    int32_t multiplier = attr.multiplier, shift = attr.shift;
    if (x < 0) {
      x *= row.B<T>(i) + attr.slope_offset;
      multiplier = attr.slope_multiplier, shift = attr.slope_shift;
    }
    const int32_t scaled = MultiplyByQuantized(x, multiplier, shift);
    row.Set<T>(i, Clamp(scaled, least, most) + attr.output_offset);
  }
}

template <typename T>
void MaxMinRow(const OpView& op, const PairRow& row) {
  const bool most = op.op == Op::kMaximum;
  for (int32_t i = 0; i < row.count; ++i) {
    const T a = row.A<T>(i), b = row.B<T>(i);
    row.Set<T>(i, (a > b) == most ? a : b);
  }
}

void MaxMin(const OpView& op) {
  if (IsFloat(op.output[0])) return ForEachRow(op, MaxMinRow<float>);
  ForEachRow(op, op.output[0].dtype == DType::kInt16 ? MaxMinRow<int16_t> : MaxMinRow<int8_t>);
}

void FloatMulRow(const OpView& op, const PairRow& row) {
  const auto& attr = op.attr_as<MulAttr>();
  for (int32_t i = 0; i < row.count; ++i)
    row.Set<float>(
        i, ClampFloat(row.A<float>(i) * row.B<float>(i), attr.activation_min, attr.activation_max));
}

void FloatDivRow(const OpView& op, const PairRow& row) {
  const auto& attr = op.attr_as<MulAttr>();
  for (int32_t i = 0; i < row.count; ++i)
    row.Set<float>(
        i, ClampFloat(row.A<float>(i) / row.B<float>(i), attr.activation_min, attr.activation_max));
}

void FloatPreluRow(const OpView&, const PairRow& row) {
  for (int32_t i = 0; i < row.count; ++i) {
    const float x = row.A<float>(i);
    row.Set<float>(i, x >= 0 ? x : x * row.B<float>(i));
  }
}

}  // namespace

void RunMul(const OpView& op) {
  if (IsFloat(op.output[0])) return ForEachRow(op, FloatMulRow);
  ForEachRow(op, op.output[0].dtype == DType::kInt16 ? MulRow<int16_t> : MulRow<int8_t>);
}
void RunDiv(const OpView& op) { ForEachRow(op, FloatDivRow); }
void RunPrelu(const OpView& op) {
  if (IsFloat(op.output[0])) return ForEachRow(op, FloatPreluRow);
  ForEachRow(op, op.output[0].dtype == DType::kInt16 ? PreluRow<int16_t> : PreluRow<int8_t>);
}
void RunMaximum(const OpView& op) { MaxMin(op); }
void RunMinimum(const OpView& op) { MaxMin(op); }

}  // namespace covey::kernels::ref
