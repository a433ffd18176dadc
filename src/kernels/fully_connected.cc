#include "kernels/conv_checks.hpp"
#include "kernels/prepare.hpp"
#include "kernels/weight_blocks.hpp"

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
  const auto& attr = op.attr_as<ConvAttr>();
  if (attr.weights_order != kWeightPairs)
    COVEY_TRY(check.Between("weights order", attr.weights_order, kWeightRows, kWeightBlocks));
  if (attr.weights_order != kWeightRows) {
    COVEY_TRY(check.Is("input of weights in blocks", op.input[0], DType::kInt8));
    COVEY_TRY(check.Equal("inputs modulo 4, of weights in blocks", inputs % 4, 0));
    COVEY_TRY(check.Equal("weights offset, of weights in blocks", attr.weights_offset, 0));
  }
  COVEY_TRY(CheckConvTypes(check, op, outputs));
  return CheckConvNumbers(check, op, inputs, outputs);
}

}  // namespace covey::kernels
