// Winograd's F(2x2, 3x3) for int8, exact: four output pixels of a 3x3 convolution with stride 1
// take 16 products for each input channel instead of 36.
//
// With x a 4x4 tile of input (offset added, 0 outside the picture) and g a 3x3 filter,
//
//   V = Bt x B          Bt = 1  0 -1  0    G = 2  0  0    At = 1  1  1  0
//   U = G g Gt               0  1  1  0        1  1  1         0  1 -1 -1
//   At (U . V) A = 4 y       0 -1  1  0        1 -1  1
//                            0  1  0 -1        0  0  2
//
// where . is position by position, and y the 2x2 output tile. G is twice the usual matrix, so that
// U holds whole numbers.
//
// Exact: |U| <= 9 * 128 and |V| <= 4 * 255 fit int16. Sums over the channels wrap modulo 2^32; the
// end value 4 y does not leave int32 as long as 4 * 9 * 255 * 128 * channels < 2^31.
// Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2016), section 4.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/op_view.hpp"

namespace covey::kernels {

inline constexpr int32_t kWinogradPositions = 16;
inline constexpr int32_t kMostWinogradChannels = 1824;

// Channels by fours, as kernels load them; two output channels or more, as they multiply.
inline bool WinogradApplies(const ConvAttr& attr, std::span<const int32_t> filter) {
  return filter[1] == 3 && filter[2] == 3 && attr.stride_h == 1 && attr.stride_w == 1 &&
         attr.dilation_h == 1 && attr.dilation_w == 1 && attr.groups == 1 && filter[3] % 4 == 0 &&
         filter[3] <= kMostWinogradChannels && filter[0] >= 2;
}

// The output channels go by pairs; the last pair overlaps the one before it if they are odd.
constexpr int32_t WinogradPairs(int32_t outputs) { return (outputs + 1) / 2; }
constexpr int32_t WinogradFirst(int32_t pair, int32_t outputs) {
  return 2 * pair + 2 <= outputs ? 2 * pair : outputs - 2;
}
// int16 values of U for a pair: [position][step][of the two outputs][2 channels]. A step is two
// input channels: step 2w has the channels 4w and 4w + 2, step 2w + 1 has 4w + 1 and 4w + 3.
constexpr int64_t WinogradPairValues(int32_t channels) {
  return int64_t{kWinogradPositions} * channels * 2;
}

// U of one pair of outputs, from the canonical weights (O,3,3,I).
inline void WinogradWeights(const int8_t* weights, std::span<const int32_t> filter, int32_t pair,
                            int16_t* to) {
  const int32_t channels = filter[3], first = WinogradFirst(pair, filter[0]);
  for (int32_t o = 0; o < 2; ++o) {
    const int8_t* const g = weights + (first + o) * 9 * channels;
    for (int32_t c = 0; c < channels; ++c) {
      int32_t down[4][3];  // G g
      for (int32_t x = 0; x < 3; ++x) {
        const int32_t a = g[x * channels + c], b = g[(3 + x) * channels + c];
        const int32_t d = g[(6 + x) * channels + c];
        down[0][x] = 2 * a, down[1][x] = a + b + d, down[2][x] = a - b + d, down[3][x] = 2 * d;
      }
      const int32_t step = c / 4 * 2 + c % 2, half = c % 4 / 2;
      int16_t* at = to + (step * 2 + o) * 2 + half;
      for (const auto& row : down) {
        const int32_t u[4] = {2 * row[0], row[0] + row[1] + row[2], row[0] - row[1] + row[2],
                              2 * row[2]};
        for (const int32_t value : u) {
          *at = static_cast<int16_t>(value);
          at += 2 * channels;
        }
      }
    }
  }
}

}  // namespace covey::kernels
