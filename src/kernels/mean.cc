#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

// out: the input's dimensions that are not reduced, with ones anywhere.
Status PrepareMean(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 2, 1));  // the axes' tensor may be kept as input 1
  COVEY_TRY(check.IsNumbers("input", op.input[0]));
  COVEY_TRY(check.Is("output", op.output[0], op.input[0].dtype));
  const auto& attr = op.attr_as<MeanAttr>();
  const TensorView& in = op.input[0];
  COVEY_TRY(check.Between("axes' bits", attr.axes, 0, (1 << in.rank()) - 1));
  int64_t reduced = 1;
  for (int i = 0; i < in.rank(); ++i)
    if ((attr.axes >> i & 1) != 0) reduced *= in.dims[i];
  const bool wide = in.dtype == DType::kInt16;
  // 255 * 2^23 < 2^31, and 2^15 * (2^16 - 1) < 2^31
  COVEY_TRY(check.Between("elements in a mean", reduced, 1, wide ? 0xFFFF : 1 << 23));
  COVEY_TRY(check.Equal("output elements", op.output[0].elements(), in.elements() / reduced));
  COVEY_TRY(
      check.Between("input zero point", attr.input_zero_point, wide ? 0 : -128, wide ? 0 : 127));
  COVEY_TRY(check.OutputRange(attr.output_offset, 0, 0));
  return check.Scaling(attr.multiplier, attr.shift);
}

}  // namespace covey::kernels
