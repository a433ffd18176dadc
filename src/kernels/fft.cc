#include <bit>

#include "kernels/check.hpp"
#include "kernels/prepare.hpp"
#include "kernels/ref/spectrum.hpp"

namespace covey::kernels {

// in (B, n)  out (B, N / 2 + 1, 2)  work (N)
Status PrepareFft(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 2));
  const TensorView &in = op.input[0], &out = op.output[0], &work = op.output[1];
  if (in.dtype != DType::kFloat32) COVEY_TRY(check.Is("input", in, DType::kInt16));
  COVEY_TRY(check.Is("output", out, DType::kFloat32));
  COVEY_TRY(check.Is("work", work, DType::kInt32));
  COVEY_TRY(check.IsRank("input", in, 2));
  COVEY_TRY(check.IsRank("output", out, 3));
  const auto& attr = op.attr_as<FftAttr>();
  COVEY_TRY(
      check.Between("log2 of the size", attr.log2_size, ref::kLeastLog2Size, ref::kMostLog2Size));
  const int32_t size = int32_t{1} << attr.log2_size;
  COVEY_TRY(check.Between("samples", in.dims[1], 1, size));
  COVEY_TRY(check.Equal("output rows", out.dims[0], in.dims[0]));
  COVEY_TRY(check.Equal("lines", out.dims[1], size / 2 + 1));
  COVEY_TRY(check.Equal("parts of a line", out.dims[2], 2));
  COVEY_TRY(check.Equal("words of work", work.elements(), size));
  const auto scale = std::bit_cast<float>(attr.scale);
  if (!(scale > 0) || !(scale < 1e30F)) return check.Refuse("scale", "is not above 0", 0, 1);
  return check.Equal("words of twiddles", static_cast<int64_t>(op.params.size()), size);
}

}  // namespace covey::kernels
