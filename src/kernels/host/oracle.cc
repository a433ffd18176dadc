#include "kernels/host/oracle.hpp"

#include <algorithm>

namespace covey::kernels::oracle {
namespace {

__extension__ using Wide = __int128;

// a / b, halves rounded up; b > 0.
Wide FloorOfHalfUp(Wide a, Wide b) {
  const Wide twice = 2 * a + b;
  const Wide quotient = twice / (2 * b);
  return twice % (2 * b) < 0 ? quotient - 1 : quotient;
}

// a / b, halves rounded away from zero; b > 0.
Wide RoundHalfAway(Wide a, Wide b) {
  const Wide magnitude = ((a < 0 ? -a : a) * 2 + b) / (2 * b);
  return a < 0 ? -magnitude : magnitude;
}

}  // namespace

int64_t Scale(int64_t value, int64_t multiplier, int shift) {
  const Wide left = Wide{1} << std::max(shift, 0);
  const Wide right = Wide{1} << std::max(-shift, 0);
  const Wide high = FloorOfHalfUp(Wide{value} * left * multiplier, Wide{1} << 31);
  return static_cast<int64_t>(RoundHalfAway(high, right));
}

int8_t Saturate(int64_t value, int64_t least, int64_t most) {
  return static_cast<int8_t>(std::clamp(value, least, most));
}

std::vector<int8_t> Conv(const ConvAttr& attr, const Picture& in, const Picture& filter,
                         const std::vector<int32_t>& bias, const std::vector<int32_t>& params,
                         const Picture& out, bool depthwise) {
  std::vector<int8_t> result;
  const int32_t group_outputs = depthwise ? 1 : out.channels / attr.groups;
  for (int32_t n = 0; n < out.batch; ++n)
    for (int32_t y = 0; y < out.height; ++y)
      for (int32_t x = 0; x < out.width; ++x)
        for (int32_t o = 0; o < out.channels; ++o) {
          int64_t sum = bias.empty() ? 0 : bias[static_cast<size_t>(o)];
          for (int32_t ky = 0; ky < filter.height; ++ky)
            for (int32_t kx = 0; kx < filter.width; ++kx)
              for (int32_t i = 0; i < (depthwise ? 1 : filter.channels); ++i) {
                const int32_t iy = y * attr.stride_h - attr.pad_top + ky * attr.dilation_h;
                const int32_t ix = x * attr.stride_w - attr.pad_left + kx * attr.dilation_w;
                if (!in.Inside(iy, ix)) continue;
                const int32_t c =
                    depthwise ? o / attr.depth_multiplier : o / group_outputs * filter.channels + i;
                const int64_t weight =
                    depthwise ? filter.At(0, ky, kx, o) : filter.At(o, ky, kx, i);
                sum += weight * (in.At(n, iy, ix, c) + attr.input_offset);
              }
          const auto channel = static_cast<size_t>(o);
          const int64_t scaled =
              Scale(sum, params[channel], params[channel + static_cast<size_t>(out.channels)]);
          result.push_back(
              Saturate(scaled + attr.output_offset, attr.activation_min, attr.activation_max));
        }
  return result;
}

int32_t Source::Between(int32_t least, int32_t most) {
  return std::uniform_int_distribution<int32_t>(least, most)(engine_);
}

std::vector<int8_t> Source::Bytes(size_t count) {
  std::vector<int8_t> bytes(count);
  const bool extreme = Between(0, 3) == 0;
  for (int8_t& byte : bytes) {
    const bool end = Between(0, 9) == 0 || extreme;
    byte = static_cast<int8_t>(end ? (Between(0, 1) == 0 ? -128 : 127) : Between(-128, 127));
  }
  return bytes;
}

int32_t Source::Multiplier() { return Between(0, 15) == 0 ? 0 : Between(1 << 30, 0x7FFFFFFF); }

}  // namespace covey::kernels::oracle
