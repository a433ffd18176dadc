#include "kernels/check.hpp"
#include "kernels/prepare.hpp"
#include "kernels/ref/spectrum.hpp"

namespace covey::kernels {
namespace {

constexpr int32_t kMostBands = 127;  // sums of so many logarithms and cosines fit 64 bits

Status CheckAttr(const Check& check, const MfccAttr& attr) {
  COVEY_TRY(check.Between("log2 of the size", attr.log2_size, 5, ref::kMostLog2Size));
  COVEY_TRY(check.Between("window", attr.window, 1, int32_t{1} << attr.log2_size));
  COVEY_TRY(check.Between("stride", attr.stride, 1, 1 << 20));
  COVEY_TRY(check.Between("bands", attr.bands, 1, kMostBands));
  COVEY_TRY(check.Between("coefficients", attr.coefficients, 0, attr.bands));
  COVEY_TRY(check.Between("floor multiplier", attr.floor_multiplier, 1, 0x7FFFFFFF));
  return check.Between("floor shift", attr.floor_shift, -40, -3);
}

// Bands within the spectrum, weights and cosines no larger than 1, nothing left over.
Status CheckTables(const Check& check, const MfccAttr& attr, std::span<const int32_t> params) {
  const int64_t size = int64_t{1} << attr.log2_size;
  const int64_t bands_at = attr.window + size, weights_at = bands_at + 2 * attr.bands;
  const auto found = static_cast<int64_t>(params.size());
  COVEY_TRY(check.Between("words of tables", found, weights_at, int64_t{1} << 30));
  int64_t weights = 0;
  for (int64_t i = bands_at; i < weights_at; i += 2) {
    const int32_t first = params[static_cast<size_t>(i)],
                  count = params[static_cast<size_t>(i + 1)];
    COVEY_TRY(check.Between("a band's first line", first, 0, size / 2));
    COVEY_TRY(check.Between("a band's lines", count, 1, size / 2 + 1 - first));
    weights += count;
  }
  const int64_t cosines_at = weights_at + weights;
  const int64_t end = cosines_at + int64_t{attr.coefficients} * attr.bands;
  COVEY_TRY(check.Equal("words of tables", found, end));
  for (int64_t i = weights_at; i < end; ++i) {
    const bool weight = i < cosines_at;
    COVEY_TRY(check.Between(weight ? "a weight" : "a cosine", params[static_cast<size_t>(i)],
                            weight ? 0 : -(1 << 26), 1 << (weight ? 24 : 26)));
  }
  return OkStatus();
}

}  // namespace

// in (B, samples)  out (B, frames, columns)  work (N + bands)
Status PrepareMfcc(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 2));
  const TensorView &in = op.input[0], &out = op.output[0], &work = op.output[1];
  COVEY_TRY(check.Is("input", in, DType::kInt16));
  if (out.dtype != DType::kFloat32) COVEY_TRY(check.Is("output", out, DType::kInt8));
  COVEY_TRY(check.Is("work", work, DType::kInt32));
  const auto& attr = op.attr_as<MfccAttr>();
  COVEY_TRY(CheckAttr(check, attr));
  const int64_t clips = ref::ClipsOf(in);
  COVEY_TRY(check.Between("clips", clips, 1, 1 << 30));
  const int64_t samples = in.elements() / clips;
  COVEY_TRY(check.Between("samples", samples, attr.window, 1 << 30));
  const int64_t frames = 1 + (samples - attr.window) / attr.stride;
  const int32_t columns = attr.coefficients == 0 ? attr.bands : attr.coefficients;
  COVEY_TRY(check.Equal("output numbers", out.elements(), clips * frames * columns));
  COVEY_TRY(
      check.Equal("words of work", work.elements(), (int64_t{1} << attr.log2_size) + attr.bands));
  if (out.dtype == DType::kInt8) {
    COVEY_TRY(check.Between("multiplier", attr.multiplier, 0, 0x7FFFFFFF));
    COVEY_TRY(check.Between("shift", attr.shift, -10, 10));
    COVEY_TRY(check.Between("output offset", attr.output_offset, -128, 127));
  }
  return CheckTables(check, attr, op.params);
}

}  // namespace covey::kernels
