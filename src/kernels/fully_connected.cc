#include "kernels/conv_checks.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

// in (..., I): batch = elements / I  weights (O,I)  bias (O)  out: batch * O elements
Status PrepareFullyConnected(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(2, 3, 1));
  COVEY_TRY(check.IsRank("weights", op.input[1], 2));
  const int32_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  COVEY_TRY(
      check.Equal("input elements modulo weights' columns", op.input[0].elements() % inputs, 0));
  COVEY_TRY(check.Equal("output elements", op.output[0].elements(),
                        op.input[0].elements() / inputs * outputs));
  COVEY_TRY(CheckConvTypes(check, op, outputs));
  return CheckConvNumbers(check, op, inputs, outputs);
}

}  // namespace covey::kernels
