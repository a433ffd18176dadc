#include "kernels/check.hpp"
#include "kernels/prepare.hpp"
#include "kernels/ref/jpeg_state.hpp"

namespace covey::kernels {

// in (1, n)  out (1, H, W, C)  work  verdict (1)
Status PrepareJpeg(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 3));
  const TensorView &in = op.input[0], &out = op.output[0], &work = op.output[1];
  const TensorView& verdict = op.output[2];
  COVEY_TRY(check.Is("input", in, DType::kUint8));
  COVEY_TRY(check.Is("output", out, DType::kInt8));
  COVEY_TRY(check.Is("work", work, DType::kInt32));
  COVEY_TRY(check.Is("verdict", verdict, DType::kInt32));
  COVEY_TRY(check.Between("bytes of the stream", in.elements(), 4, 1 << 30));
  COVEY_TRY(check.IsRank("output", out, 4));
  COVEY_TRY(check.Equal("pictures", out.dims[0], 1));
  constexpr int32_t kMostSide = 16384;
  COVEY_TRY(check.Between("height", out.dims[1], 1, kMostSide));
  COVEY_TRY(check.Between("width", out.dims[2], 1, kMostSide));
  const int32_t channels = out.dims[3];
  COVEY_TRY(check.Between("channels", channels, 1, 3));
  if (channels == 2) return check.Refuse("channels", "are neither gray nor RGB", channels, 3);
  COVEY_TRY(
      check.Equal("words of work", work.elements(), ref::JpegWorkWords(out.dims[2], channels)));
  COVEY_TRY(check.Equal("words of the verdict", verdict.elements(), 1));
  if (op.params.empty()) return OkStatus();
  return check.Equal("words of the table", static_cast<int64_t>(op.params.size()), 64 * channels);
}

}  // namespace covey::kernels
