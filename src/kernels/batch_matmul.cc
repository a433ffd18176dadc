#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {
namespace {

// Leading dimensions broadcast: 1, or the output's.
Status CheckBatches(const Check& check, const TensorView& in, const TensorView& out) {
  COVEY_TRY(check.Between("input's number of dimensions", in.rank(), 2, out.rank()));
  const int skip = out.rank() - in.rank();
  for (int i = 0; i < in.rank() - 2; ++i)
    if (in.dims[i] != 1 && in.dims[i] != out.dims[skip + i])
      return check.Refuse("input", "does not broadcast to the output; dimension", in.dims[i],
                          out.dims[skip + i]);
  return OkStatus();
}

}  // namespace

// in 0 (..., M, K)  in 1 (..., K, N)  out (..., M, N)
Status PrepareBatchMatMul(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(2, 2, 1));
  const TensorView &a = op.input[0], &b = op.input[1], &out = op.output[0];
  COVEY_TRY(check.IsNumbers("input", a));
  COVEY_TRY(check.Is("input", b, a.dtype));
  COVEY_TRY(check.Is("output", out, a.dtype));
  COVEY_TRY(CheckBatches(check, a, out));
  COVEY_TRY(CheckBatches(check, b, out));
  const auto& attr = op.attr_as<BatchMatMulAttr>();
  COVEY_TRY(check.Between("transposed", attr.transposed0, 0, 1));
  COVEY_TRY(check.Between("transposed", attr.transposed1, 0, 1));
  const int32_t* rows = a.dims.data() + a.rank() - 2;
  const int32_t* columns = b.dims.data() + b.rank() - 2;
  const int32_t* result = out.dims.data() + out.rank() - 2;
  COVEY_TRY(check.Equal("output rows", result[0], rows[attr.transposed0]));
  COVEY_TRY(check.Equal("output columns", result[1], columns[1 - attr.transposed1]));
  const int32_t terms = rows[1 - attr.transposed0];
  COVEY_TRY(check.Equal("rows of input 1", columns[attr.transposed1], terms));
  COVEY_TRY(check.InputOffset(a, attr.input0_offset));
  COVEY_TRY(check.InputOffset(b, attr.input1_offset));
  COVEY_TRY(check.OutputRange(attr.output_offset, attr.activation_min, attr.activation_max));
  const bool wide = a.dtype == DType::kInt16;  // 64-bit sums: other arithmetic
  if (a.dtype == DType::kInt8)
    COVEY_TRY(check.Between("terms of one sum", terms, 1, 0x7FFFFFFF / (255 * 255)));
  return check.Scaling(attr.multiplier, attr.shift, wide ? 7 : 31);
}

}  // namespace covey::kernels
