// The mean over a picture's rows and columns, sixteen channels at a time; other means are ref's.
#include "kernels/mve/finish.hpp"
#include "kernels/mve/run.hpp"
#include "kernels/mve/sixteen_sums.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::mve {

// in (N,H,W,C)
void RunMean(const OpView& op) {
  const auto& attr = op.attr_as<MeanAttr>();
  const TensorView& in = op.input[0];
  constexpr int32_t kRowsAndColumns = 0b0110;
  if (op.output[0].dtype != DType::kInt8 || in.rank() != 4 || attr.axes != kRowsAndColumns)
    return ref::RunMean(op);
  const int32_t pixels = in.dims[1] * in.dims[2], channels = in.dims[3];
  const Range range(attr.output_offset, -128, 127);
  const int32x4_t multiplier = vdupq_n_s32(attr.multiplier), shift = vdupq_n_s32(attr.shift);
  const int32x4_t zero = vdupq_n_s32(-attr.input_zero_point * pixels);
  const int8_t* picture = in.as<int8_t>();
  int8_t* out = op.output[0].as_mutable<int8_t>();
  for (int32_t n = 0; n < in.dims[0]; ++n, picture += pixels * channels, out += channels) {
    for (int32_t c = 0; c < channels; c += 16) {
      SixteenSums sums(channels - c);
      sums.Add(picture + c, pixels, channels);
      for (int k = 0; k < 4; ++k)
        sums.Of(k) = FinishFour(vaddq_s32(sums.Of(k), zero), multiplier, shift, range);
      sums.Store(out + c);
    }
  }
}

}  // namespace covey::kernels::mve
