#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

Status PrepareRelu(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 1));
  COVEY_TRY(check.IsNumbers("input", op.input[0]));
  COVEY_TRY(check.Is("output", op.output[0], op.input[0].dtype));
  COVEY_TRY(check.Equal("output elements", op.output[0].elements(), op.input[0].elements()));
  const auto& attr = op.attr_as<RequantizeAttr>();
  COVEY_TRY(check.InputOffset(op.input[0], attr.input_offset));
  COVEY_TRY(check.Scaling(attr.multiplier, attr.shift));
  return check.OutputRange(attr.output_offset, attr.activation_min, attr.activation_max);
}

}  // namespace covey::kernels
