#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

Status PrepareUnary(const OpView& op, Diag& diag) {
  constexpr int64_t kTableWords = 256 / sizeof(int32_t);
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 1));
  COVEY_TRY(check.Is("input", op.input[0], DType::kInt8));
  COVEY_TRY(check.Is("output", op.output[0], DType::kInt8));
  COVEY_TRY(check.Equal("output elements", op.output[0].elements(), op.input[0].elements()));
  return check.Equal("words of the table", static_cast<int64_t>(op.params.size()), kTableWords);
}

}  // namespace covey::kernels
