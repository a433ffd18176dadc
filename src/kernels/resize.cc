#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {
namespace {

// One dimension's entries of params: a position each, or lower, upper and weight.
Status CheckPlaces(const Check& check, std::span<const int32_t> places, int32_t size, bool bilinear,
                   bool floats) {
  const size_t words = bilinear ? 3 : 1;
  for (size_t i = 0; i < places.size(); ++i) {
    if (floats && i % words == 2) continue;  // any weight is one
    const int32_t most = i % words == 2 ? 1024 : size - 1;
    COVEY_TRY(check.Between("source position or weight", places[i], 0, most));
  }
  return OkStatus();
}

}  // namespace

// in (N,H,W,C)  out (N,OH,OW,C)
Status PrepareResize(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 1));
  const TensorView& in = op.input[0];
  const TensorView& out = op.output[0];
  const bool floats = in.dtype == DType::kFloat32;
  COVEY_TRY(check.IsNumbers("input", in));
  COVEY_TRY(check.Is("output", out, in.dtype));
  COVEY_TRY(check.IsRank("input", in, 4));
  COVEY_TRY(check.IsRank("output", out, 4));
  COVEY_TRY(check.Equal("output pictures", out.dims[0], in.dims[0]));
  COVEY_TRY(check.Equal("output channels", out.dims[3], in.dims[3]));
  const bool bilinear = op.op == Op::kResizeBilinear;
  const size_t words = bilinear ? 3 : 1;
  const size_t rows = static_cast<size_t>(out.dims[1]) * words;
  const size_t columns = static_cast<size_t>(out.dims[2]) * words;
  COVEY_TRY(check.Equal("words of positions", static_cast<int64_t>(op.params.size()),
                        static_cast<int64_t>(rows) + static_cast<int64_t>(columns)));
  COVEY_TRY(CheckPlaces(check, op.params.first(rows), in.dims[1], bilinear, floats));
  return CheckPlaces(check, op.params.subspan(rows), in.dims[2], bilinear, floats);
}

}  // namespace covey::kernels
