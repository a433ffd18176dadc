#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

// Elements of any one type.
Status PrepareConcat(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, kMaxInputs, 1));
  const TensorView& out = op.output[0];
  const int32_t axis = op.attr_as<ConcatAttr>().axis;
  COVEY_TRY(check.Between("axis", axis, 0, out.rank() - 1));
  int64_t joined = 0;
  for (int i = 0; i < op.inputs; ++i) {
    const TensorView& in = op.input[i];
    COVEY_TRY(check.Is("input", in, out.dtype));
    COVEY_TRY(check.IsRank("input", in, out.rank()));
    for (int d = 0; d < out.rank(); ++d)
      if (d != axis) COVEY_TRY(check.Equal("input dimension", in.dims[d], out.dims[d]));
    joined += in.dims[axis];
  }
  return check.Equal("output dimension along the axis", out.dims[axis], joined);
}

// Elements of any one type; params are positions.
Status PrepareGather(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 1));
  const TensorView& in = op.input[0];
  const TensorView& out = op.output[0];
  COVEY_TRY(check.Is("output", out, in.dtype));
  COVEY_TRY(check.IsRank("output", out, in.rank()));
  const int32_t axis = op.attr_as<GatherAttr>().axis;
  COVEY_TRY(check.Between("axis", axis, 0, in.rank() - 1));
  for (int d = 0; d < in.rank(); ++d)
    if (d != axis) COVEY_TRY(check.Equal("output dimension", out.dims[d], in.dims[d]));
  COVEY_TRY(
      check.Equal("number of positions", static_cast<int64_t>(op.params.size()), out.dims[axis]));
  for (int32_t position : op.params)
    COVEY_TRY(check.Between("position", position, 0, in.dims[axis] - 1));
  return OkStatus();
}

}  // namespace covey::kernels
