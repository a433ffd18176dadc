#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

// in (B, n)  out (B, m)
Status PrepareResample(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 1));
  const TensorView &in = op.input[0], &out = op.output[0];
  COVEY_TRY(check.Is("input", in, DType::kInt16));
  COVEY_TRY(check.Is("output", out, DType::kInt16));
  COVEY_TRY(check.IsRank("input", in, 2));
  COVEY_TRY(check.IsRank("output", out, 2));
  COVEY_TRY(check.Equal("output rows", out.dims[0], in.dims[0]));
  const auto& attr = op.attr_as<ResampleAttr>();
  constexpr int32_t kMost = 4096;
  COVEY_TRY(check.Between("up", attr.up, 1, kMost));
  COVEY_TRY(check.Between("down", attr.down, 1, kMost));
  COVEY_TRY(check.Between("taps", attr.taps, 2, kMost));
  COVEY_TRY(check.Equal("taps modulo 2", attr.taps % 2, 0));
  COVEY_TRY(
      check.Equal("weights", static_cast<int64_t>(op.params.size()), int64_t{attr.up} * attr.taps));
  return check.Between("output samples", out.dims[1], 1, int64_t{in.dims[1]} * attr.up / attr.down);
}

}  // namespace covey::kernels
