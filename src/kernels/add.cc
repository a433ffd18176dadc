#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {
namespace {

// Dimensions align at the last; an input's may be 1 where the output's is not.
Status CheckBroadcast(const Check& check, const TensorView& in, const TensorView& out) {
  COVEY_TRY(check.Is("input", in, out.dtype));
  COVEY_TRY(check.Between("input's number of dimensions", in.rank(), 0, out.rank()));
  const int skip = out.rank() - in.rank();
  for (int i = 0; i < in.rank(); ++i)
    if (in.dims[i] != 1 && in.dims[i] != out.dims[skip + i])
      return check.Refuse("input", "does not broadcast to the output; dimension", in.dims[i],
                          out.dims[skip + i]);
  return OkStatus();
}

}  // namespace

Status PrepareAdd(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(2, 2, 1));
  COVEY_TRY(check.IsActivation("output", op.output[0]));
  COVEY_TRY(CheckBroadcast(check, op.input[0], op.output[0]));
  COVEY_TRY(CheckBroadcast(check, op.input[1], op.output[0]));
  const auto& attr = op.attr_as<AddAttr>();
  // 255 * 2^22 < 2^30, and 2^15 * 2^15 = 2^30 once negative.
  const bool wide = op.output[0].dtype == DType::kInt16;
  COVEY_TRY(check.Between("left shift", attr.left_shift, 0, wide ? 15 : 22));
  COVEY_TRY(check.InputOffset(op.input[0], attr.input0_offset));
  COVEY_TRY(check.InputOffset(op.input[1], attr.input1_offset));
  // No left shifts, so that a sum of two stays below 2^31.
  COVEY_TRY(check.Scaling(attr.input0_multiplier, attr.input0_shift, 0));
  COVEY_TRY(check.Scaling(attr.input1_multiplier, attr.input1_shift, 0));
  COVEY_TRY(check.Scaling(attr.output_multiplier, attr.output_shift, 0));
  return check.OutputRange(attr.output_offset, attr.activation_min, attr.activation_max);
}

}  // namespace covey::kernels
