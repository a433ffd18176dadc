#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

Status PrepareReshape(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 2, 1));  // the shape's tensor may be kept as input 1
  COVEY_TRY(check.Is("output", op.output[0], op.input[0].dtype));
  return check.Equal("output bytes", static_cast<int64_t>(op.output[0].bytes),
                     static_cast<int64_t>(op.input[0].bytes));
}

}  // namespace covey::kernels
