#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

// in (..., C)  out (..., C): each row of C is one distribution
Status PrepareSoftmax(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 1));
  COVEY_TRY(check.IsNumbers("input", op.input[0]));
  COVEY_TRY(check.Is("output", op.output[0], op.input[0].dtype));
  COVEY_TRY(check.SameDims("output", op.output[0], op.input[0]));
  const int rank = op.input[0].rank();
  COVEY_TRY(check.Between("number of dimensions", rank, 1, kMaxRank));
  if (op.input[0].dtype == DType::kFloat32)
    return check.Between("classes", op.input[0].dims[rank - 1], 1, 0x7FFFFFFF);
  const auto& attr = op.attr_as<SoftmaxAttr>();
  if (op.input[0].dtype == DType::kInt16) {
    // Their sum is Q16.15; differences have 17 bits.
    COVEY_TRY(check.Between("classes", op.input[0].dims[rank - 1], 1, 0xFFFF));
    COVEY_TRY(check.Scaling(attr.multiplier, attr.shift, 14));
    return check.Equal("words of the tables", static_cast<int64_t>(op.params.size()), 2 * 257);
  }
  // The sum of exponentials is Q12.19.
  COVEY_TRY(check.Between("classes", op.input[0].dims[rank - 1], 1, 4095));
  COVEY_TRY(check.Between("multiplier", attr.multiplier, 0, 0x7FFFFFFF));
  COVEY_TRY(check.Between("shift", attr.shift, 0, 31));
  // A difference that counts stays within int32 when it is shifted.
  const int64_t reach = -(int64_t{attr.diff_min} << attr.shift);
  COVEY_TRY(check.Between("diff_min shifted", reach, 0, 0x7FFFFFFF));
  return OkStatus();
}

}  // namespace covey::kernels
