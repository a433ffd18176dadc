#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

// out: the input's dimensions that are not reduced, with ones anywhere.
Status PrepareMean(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 2, 1));  // the axes' tensor may be kept as input 1
  COVEY_TRY(check.Is("input", op.input[0], DType::kInt8));
  COVEY_TRY(check.Is("output", op.output[0], DType::kInt8));
  const auto& attr = op.attr_as<MeanAttr>();
  const TensorView& in = op.input[0];
  COVEY_TRY(check.Between("axes' bits", attr.axes, 0, (1 << in.rank()) - 1));
  int64_t reduced = 1;
  for (int i = 0; i < in.rank(); ++i)
    if ((attr.axes >> i & 1) != 0) reduced *= in.dims[i];
  COVEY_TRY(check.Between("elements in a mean", reduced, 1, 1 << 23));  // 255 * 2^23 < 2^31
  COVEY_TRY(check.Equal("output elements", op.output[0].elements(), in.elements() / reduced));
  COVEY_TRY(check.Between("input zero point", attr.input_zero_point, -128, 127));
  COVEY_TRY(check.OutputRange(attr.output_offset, -128, 127));
  return check.Scaling(attr.multiplier, attr.shift);
}

}  // namespace covey::kernels
