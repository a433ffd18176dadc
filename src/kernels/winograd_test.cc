#include "kernels/winograd.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

namespace covey::kernels {
namespace {

using Tile = std::array<std::array<int32_t, 4>, 4>;

// Bt x B, as the header states it.
Tile Transformed(const Tile& x) {
  constexpr int kBt[4][4] = {{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}};
  Tile v{};
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j)
      for (int k = 0; k < 4; ++k)
        for (int l = 0; l < 4; ++l) v[i][j] += kBt[i][k] * x[k][l] * kBt[j][l];
  return v;
}

TEST(Winograd, FourTimesTheConvolutionComesOutExactly) {
  constexpr int kChannels = 8, kOutputs = 3;
  const std::array<int32_t, 4> filter = {kOutputs, 3, 3, kChannels};
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    std::vector<int8_t> weights(kOutputs * 9 * kChannels);
    for (int8_t& w : weights) w = static_cast<int8_t>(round == 0 ? -128 : random() % 256);
    std::array<Tile, kChannels> x;
    for (Tile& tile : x)
      for (auto& row : tile)
        for (int32_t& value : row)
          value = round == 0 ? 255 : static_cast<int32_t>(random() % 511) - 255;
    for (int32_t pair = 0; pair < WinogradPairs(kOutputs); ++pair) {
      std::vector<int16_t> u(static_cast<size_t>(WinogradPairValues(kChannels)));
      WinogradWeights(weights.data(), filter, pair, u.data());
      for (int o = 0; o < 2; ++o) {
        Tile m{};
        for (int c = 0; c < kChannels; ++c) {
          const Tile v = Transformed(x[c]);
          const int step = c / 4 * 2 + c % 2, half = c % 4 / 2;
          for (int p = 0; p < kWinogradPositions; ++p)
            m[p / 4][p % 4] +=
                v[p / 4][p % 4] *
                u[static_cast<size_t>(((p * (kChannels / 2) + step) * 2 + o) * 2 + half)];
        }
        constexpr int kAt[2][4] = {{1, 1, 1, 0}, {0, 1, -1, -1}};
        for (int i = 0; i < 2; ++i)
          for (int j = 0; j < 2; ++j) {
            int32_t y = 0, sum = 0;
            for (int k = 0; k < 4; ++k)
              for (int l = 0; l < 4; ++l) y += kAt[i][k] * m[k][l] * kAt[j][l];
            const int8_t* g = weights.data() + (WinogradFirst(pair, kOutputs) + o) * 9 * kChannels;
            for (int ky = 0; ky < 3; ++ky)
              for (int kx = 0; kx < 3; ++kx)
                for (int c = 0; c < kChannels; ++c)
                  sum += x[c][i + ky][j + kx] * g[(ky * 3 + kx) * kChannels + c];
            EXPECT_EQ(y, 4 * sum) << pair << ' ' << o << ' ' << i << ' ' << j;
          }
      }
    }
  }
}

TEST(Winograd, StaysWithinInt32UpToTheMostChannels) {
  EXPECT_LT(int64_t{4} * 9 * 255 * 128 * kMostWinogradChannels, int64_t{1} << 31);
}

}  // namespace
}  // namespace covey::kernels
