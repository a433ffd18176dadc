#include "kernels/conv_checks.hpp"
#include "kernels/prepare.hpp"
#include "kernels/winograd.hpp"

namespace covey::kernels {
namespace {

// U, if it is there, is that of the weights' shape.
Status CheckWinograd(const Check& check, const OpView& op) {
  const TensorView& u = op.input[3];
  if (u.dtype == DType::kNone) return OkStatus();
  const auto filter = op.input[1].dims;
  COVEY_TRY(check.Is("Winograd weights", u, DType::kInt16));
  COVEY_TRY(check.Equal("whether the op is one for Winograd weights",
                        WinogradApplies(op.attr_as<ConvAttr>(), filter) ? 1 : 0, 1));
  return check.Equal("number of Winograd weights", u.elements(),
                     WinogradPairs(filter[0]) * WinogradPairValues(filter[3]));
}

}  // namespace

// in (N,H,W,I)  weights (O,KH,KW,I/groups)  bias (O)  out (N,OH,OW,O)
Status PrepareConv2D(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(2, 4, 1));
  COVEY_TRY(CheckConvWindows(check, op));
  const auto& attr = op.attr_as<ConvAttr>();
  const auto filter = op.input[1].dims;
  COVEY_TRY(check.Between("groups", attr.groups, 1, filter[0]));
  COVEY_TRY(check.Equal("weights' channels times groups", int64_t{filter[3]} * attr.groups,
                        op.input[0].dims[3]));
  COVEY_TRY(check.Equal("output channels modulo groups", filter[0] % attr.groups, 0));
  COVEY_TRY(check.Equal("weights offset", attr.weights_offset, 0));
  COVEY_TRY(CheckConvTypes(check, op, filter[0]));
  COVEY_TRY(CheckConvNumbers(check, op, int64_t{filter[1]} * filter[2] * filter[3], filter[0]));
  return CheckWinograd(check, op);
}

}  // namespace covey::kernels
