// The mean over a picture's rows and columns, four channels at a time; other means are ref's.
#include "kernels/dsp/four_sums.hpp"
#include "kernels/dsp/run.hpp"
#include "kernels/fixed_point.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::dsp {

// in (N,H,W,C)
void RunMean(const OpView& op) {
  const auto& attr = op.attr_as<MeanAttr>();
  const TensorView& in = op.input[0];
  constexpr int32_t kRowsAndColumns = 0b0110;
  if (in.dtype != DType::kInt8 || op.output[0].dtype != DType::kInt8 || in.rank() != 4 ||
      attr.axes != kRowsAndColumns || in.dims[3] < 4)
    return ref::RunMean(op);
  const int32_t pixels = in.dims[1] * in.dims[2], channels = in.dims[3];
  const int32_t least = -128 - attr.output_offset, most = 127 - attr.output_offset;
  const int8_t* picture = in.as<int8_t>();
  int8_t* out = op.output[0].as_mutable<int8_t>();
  for (int32_t n = 0; n < in.dims[0]; ++n, picture += pixels * channels, out += channels) {
    for (int32_t c = 0; c < channels; c += 4) {
      // The last four may overlap those before them, with the same results.
      const int32_t first = c + 4 <= channels ? c : channels - 4;
      FourSums sums;
      sums.Add(picture + first, pixels, channels);
      sums.Flush();
      for (int i = 0; i < 4; ++i) {
        const int32_t sum = sums.of[i] - attr.input_zero_point * pixels;
        const int32_t scaled = MultiplyByQuantized(sum, attr.multiplier, attr.shift);
        out[first + i] = static_cast<int8_t>(Clamp(scaled, least, most) + attr.output_offset);
      }
    }
  }
}

}  // namespace covey::kernels::dsp
