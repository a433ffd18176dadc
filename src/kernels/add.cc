#include "kernels/broadcast.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

// add, sub and squared_diff
Status PrepareAdd(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(2, 2, 1));
  COVEY_TRY(check.IsNumbers("output", op.output[0]));
  COVEY_TRY(CheckBroadcast(check, op.input[0], op.output[0]));
  COVEY_TRY(CheckBroadcast(check, op.input[1], op.output[0]));
  const auto& attr = op.attr_as<AddAttr>();
  // 255 * 2^22 < 2^30, and 2^15 * 2^15 = 2^30 once negative.
  const bool wide = op.output[0].dtype == DType::kInt16;
  const bool squares = op.op == Op::kSquaredDifference;  // of 2^15 at most; none of int16
  if (squares && wide) return check.Is("output", op.output[0], DType::kInt8);
  COVEY_TRY(check.Between("left shift", attr.left_shift, 0, squares ? 7 : wide ? 15 : 22));
  COVEY_TRY(check.InputOffset(op.input[0], attr.input0_offset));
  COVEY_TRY(check.InputOffset(op.input[1], attr.input1_offset));
  // No left shifts of addends, so that a sum of two stays below 2^31.
  COVEY_TRY(check.Scaling(attr.input0_multiplier, attr.input0_shift, 0));
  COVEY_TRY(check.Scaling(attr.input1_multiplier, attr.input1_shift, 0));
  COVEY_TRY(check.Scaling(attr.output_multiplier, attr.output_shift));
  return check.OutputRange(attr.output_offset, attr.activation_min, attr.activation_max);
}

}  // namespace covey::kernels
