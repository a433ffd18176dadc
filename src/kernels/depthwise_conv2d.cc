#include "kernels/conv_checks.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

// in (N,H,W,I)  weights (1,KH,KW,O)  bias (O)  out (N,OH,OW,O)  O = I * depth_multiplier
Status PrepareDepthwiseConv2D(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(2, 3, 1));
  COVEY_TRY(CheckConvWindows(check, op));
  const auto& attr = op.attr_as<ConvAttr>();
  const auto filter = op.input[1].dims;
  COVEY_TRY(check.Equal("weights' first dimension", filter[0], 1));
  COVEY_TRY(check.Equal("input channels times depth multiplier",
                        int64_t{op.input[0].dims[3]} * attr.depth_multiplier, filter[3]));
  COVEY_TRY(check.Equal("weights offset", attr.weights_offset, 0));
  COVEY_TRY(CheckConvTypes(check, op, filter[3]));
  return CheckConvNumbers(check, op, int64_t{filter[1]} * filter[2], filter[3]);
}

}  // namespace covey::kernels
