#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

// Elements of any one type.
Status PrepareSlice(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 1));
  const TensorView& in = op.input[0];
  const TensorView& out = op.output[0];
  COVEY_TRY(check.Is("output", out, in.dtype));
  COVEY_TRY(check.IsRank("output", out, in.rank()));
  const auto& attr = op.attr_as<SliceAttr>();
  for (int d = 0; d < in.rank(); ++d) {
    const int64_t last = attr.begin[d] + int64_t{out.dims[d] - 1} * attr.stride[d];
    if (attr.stride[d] == 0) return check.Refuse("stride", "is zero; dimension", d, d);
    COVEY_TRY(check.Between("stride", attr.stride[d], -in.dims[d], in.dims[d]));
    COVEY_TRY(check.Between("begin", attr.begin[d], 0, in.dims[d] - 1));
    COVEY_TRY(check.Between("last position", last, 0, in.dims[d] - 1));
  }
  return OkStatus();
}

Status PrepareMirrorPad(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 1));
  const TensorView& in = op.input[0];
  const TensorView& out = op.output[0];
  COVEY_TRY(check.Is("output", out, in.dtype));
  COVEY_TRY(check.IsRank("output", out, in.rank()));
  const auto& attr = op.attr_as<MirrorPadAttr>();
  COVEY_TRY(check.Between("offset", attr.offset, 0, 1));
  for (int d = 0; d < in.rank(); ++d) {
    const int32_t most = in.dims[d] - 1 + attr.offset;  // a margin shows each entry once
    COVEY_TRY(check.Between("padding before", attr.before[d], 0, most));
    COVEY_TRY(check.Between("padding after", int64_t{out.dims[d]} - in.dims[d] - attr.before[d], 0,
                            most));
  }
  return OkStatus();
}

}  // namespace covey::kernels
