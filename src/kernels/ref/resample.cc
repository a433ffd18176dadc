// Each output is a sum of neighbouring inputs, weighted by how far from them it stands.
#include "kernels/fixed_point.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {

// in (B, n)  out (B, m)
void RunResample(const OpView& op) {
  const auto& attr = op.attr_as<ResampleAttr>();
  const TensorView &in = op.input[0], &out = op.output[0];
  const int32_t samples = in.dims[1];
  const int16_t* from = in.as<int16_t>();
  int16_t* to = out.as_mutable<int16_t>();
  for (int32_t row = 0; row < in.dims[0]; ++row, from += samples) {
    int32_t first = 1 - attr.taps / 2, phase = 0;
    for (int32_t n = 0; n < out.dims[1]; ++n) {
      const int32_t* weights = op.params.data() + phase * attr.taps;
      int64_t sum = int64_t{1} << 29;
      for (int32_t t = 0; t < attr.taps; ++t) {
        const int32_t at = first + t;
        if (at >= 0 && at < samples) sum += int64_t{weights[t]} * from[at];
      }
      const int64_t value = sum >> 30;
      *to++ = static_cast<int16_t>(value < -32768 ? -32768 : value > 32767 ? 32767 : value);
      phase += attr.down;
      first += phase / attr.up;
      phase %= attr.up;
    }
  }
}

}  // namespace covey::kernels::ref
