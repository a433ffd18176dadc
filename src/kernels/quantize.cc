#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

// float32, int8, int16 or uint8 to int8, int16 or uint8
Status PrepareQuantize(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 1));
  const bool to_uint8 = op.output[0].dtype == DType::kUint8;
  if (!to_uint8) COVEY_TRY(check.IsActivation("output", op.output[0]));
  COVEY_TRY(check.Equal("output elements", op.output[0].elements(), op.input[0].elements()));
  if (op.input[0].dtype == DType::kFloat32) {
    if (op.output[0].scale > 0) return OkStatus();
    return check.Refuse("output", "has no scale", 0, 1);
  }
  const auto& attr = op.attr_as<RequantizeAttr>();
  if (op.input[0].dtype == DType::kUint8) {
    COVEY_TRY(check.Between("input offset", attr.input_offset, -255, 0));
  } else {
    COVEY_TRY(check.IsActivation("input", op.input[0]));
    COVEY_TRY(check.InputOffset(op.input[0], attr.input_offset));
  }
  COVEY_TRY(check.Scaling(attr.multiplier, attr.shift));
  return check.OutputRange(attr.output_offset, attr.activation_min, attr.activation_max);
}

}  // namespace covey::kernels
