#include "kernels/broadcast.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {
Status PrepareMul(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(2, 2, 1));
  COVEY_TRY(check.IsNumbers("output", op.output[0]));
  COVEY_TRY(CheckBroadcast(check, op.input[0], op.output[0]));
  COVEY_TRY(CheckBroadcast(check, op.input[1], op.output[0]));
  const auto& attr = op.attr_as<MulAttr>();
  COVEY_TRY(check.InputOffset(op.input[0], attr.input0_offset));
  COVEY_TRY(check.InputOffset(op.input[1], attr.input1_offset));
  COVEY_TRY(check.Scaling(attr.multiplier, attr.shift));
  return check.OutputRange(attr.output_offset, attr.activation_min, attr.activation_max);
}

Status PrepareDiv(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(2, 2, 1));
  COVEY_TRY(check.Is("output", op.output[0], DType::kFloat32));
  COVEY_TRY(CheckBroadcast(check, op.input[0], op.output[0]));
  return CheckBroadcast(check, op.input[1], op.output[0]);
}

Status PrepareMaxMin(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(2, 2, 1));
  COVEY_TRY(check.IsNumbers("output", op.output[0]));
  COVEY_TRY(CheckBroadcast(check, op.input[0], op.output[0]));
  return CheckBroadcast(check, op.input[1], op.output[0]);
}

Status PreparePrelu(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(2, 2, 1));
  COVEY_TRY(check.IsNumbers("output", op.output[0]));
  COVEY_TRY(CheckBroadcast(check, op.input[0], op.output[0]));
  COVEY_TRY(CheckBroadcast(check, op.input[1], op.output[0]));
  if (op.output[0].dtype == DType::kFloat32) return OkStatus();
  const auto& attr = op.attr_as<PreluAttr>();
  COVEY_TRY(check.InputOffset(op.input[0], attr.input_offset));
  COVEY_TRY(check.InputOffset(op.input[1], attr.slope_offset));
  COVEY_TRY(check.Scaling(attr.multiplier, attr.shift));
  COVEY_TRY(check.Scaling(attr.slope_multiplier, attr.slope_shift));
  return check.OutputRange(attr.output_offset, -128, 127);
}

}  // namespace covey::kernels
