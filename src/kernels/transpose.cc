#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

Status PrepareTranspose(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 2, 1));  // the permutation's tensor may be kept as input 1
  const TensorView& in = op.input[0];
  const TensorView& out = op.output[0];
  COVEY_TRY(check.Is("output", out, in.dtype));
  COVEY_TRY(check.IsRank("output", out, in.rank()));
  const auto& attr = op.attr_as<TransposeAttr>();
  int32_t seen = 0;
  for (int i = 0; i < in.rank(); ++i) {
    COVEY_TRY(check.Between("permutation", attr.perm[i], 0, in.rank() - 1));
    COVEY_TRY(check.Equal("output dimension", out.dims[i], in.dims[attr.perm[i]]));
    seen |= 1 << attr.perm[i];
  }
  return check.Equal("bits of the dimensions in the permutation", seen, (1 << in.rank()) - 1);
}

}  // namespace covey::kernels
