#include "kernels/conv_checks.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {
namespace {

// Positions fit int32: output row + padding - tap * dilation.
Status CheckAlong(const Check& check, int32_t taps, int32_t output, int32_t stride,
                  int32_t dilation, int32_t pad) {
  constexpr int64_t kMost = 1 << 15;
  COVEY_TRY(check.Between("stride", stride, 1, kMost));
  COVEY_TRY(check.Between("dilation", dilation, 1, kMost));
  COVEY_TRY(check.Between("padding", pad, 0, kMost));
  COVEY_TRY(check.Between("window", taps, 1, kMost));
  return check.Between("output's size", output, 1, 1 << 29);
}

}  // namespace

// in (N,H,W,I)  weights (O,KH,KW,I/groups)  bias (O)  out (N,OH,OW,O)
Status PrepareTransposeConv(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(2, 3, 1));
  for (const TensorView* tensor : {&op.input[0], &op.input[1], &op.output[0]})
    COVEY_TRY(check.IsRank("tensor", *tensor, 4));
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  COVEY_TRY(check.Equal("output batch", out[0], in[0]));
  COVEY_TRY(check.Equal("output channels", out[3], filter[0]));
  COVEY_TRY(check.Between("groups", attr.groups, 1, filter[0]));
  COVEY_TRY(check.Equal("weights' channels times groups", int64_t{filter[3]} * attr.groups, in[3]));
  COVEY_TRY(check.Equal("output channels modulo groups", filter[0] % attr.groups, 0));
  COVEY_TRY(check.Equal("weights offset", attr.weights_offset, 0));
  COVEY_TRY(CheckAlong(check, filter[1], out[1], attr.stride_h, attr.dilation_h, attr.pad_top));
  COVEY_TRY(CheckAlong(check, filter[2], out[2], attr.stride_w, attr.dilation_w, attr.pad_left));
  COVEY_TRY(CheckConvTypes(check, op, filter[0]));
  return CheckConvNumbers(check, op, int64_t{filter[1]} * filter[2] * filter[3], filter[0]);
}

}  // namespace covey::kernels
