#include "micro/session/scores.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace covey::micro {
namespace {

struct Floats {
  explicit Floats(std::vector<float> v) : values(std::move(v)), dims{1, int32_t(values.size())} {}
  TensorView View() {
    return {.dtype = DType::kFloat32,
            .dims = dims,
            .data = reinterpret_cast<std::byte*>(values.data()),
            .bytes = values.size() * sizeof(float)};
  }
  std::vector<float> values;
  int32_t dims[2];
};

TEST(Exp, IsWithin4e7OfTheRealOne) {
  double worst = 0;
  for (float x = -86.9F; x <= 0; x += 1.0F / 1024) {
    const double real = std::exp(static_cast<double>(x));
    worst = std::max(worst, std::abs(static_cast<double>(Exp(x)) - real) / real);
  }
  EXPECT_LT(worst, 4e-7);
  EXPECT_EQ(Exp(0), 1.0F);
}

TEST(Exp, IsZeroFarBelowAndForNaN) {
  for (float x : {-87.5F, -1e9F, -std::numeric_limits<float>::infinity(),
                  std::numeric_limits<float>::quiet_NaN()})
    EXPECT_EQ(Exp(x), 0.0F) << x;
}

TEST(Scores, SoftmaxesLogits) {
  Floats floats({1.0F, -2.0F, 3.5F, 0.0F});
  auto scores = Scores::Of(floats.View(), true);
  ASSERT_TRUE(scores.ok());
  double sum = 0;
  for (float v : floats.values) sum += std::exp(static_cast<double>(v));
  for (uint32_t i = 0; i < 4; ++i)
    EXPECT_NEAR(scores->Probability(i), std::exp(static_cast<double>(floats.values[i])) / sum,
                1e-6);
}

TEST(Scores, SoftmaxSurvivesExtremeLogits) {
  Floats floats({1e30F, -1e30F, 3e38F, -3e38F});
  auto scores = Scores::Of(floats.View(), true);
  ASSERT_TRUE(scores.ok());
  EXPECT_EQ(scores->Probability(2), 1.0F);
  EXPECT_EQ(scores->Probability(0), 0.0F);
}

TEST(Scores, TakesProbabilitiesAsTheyAre) {
  int8_t stored[3] = {-128, 0, 127};
  const int32_t dims[2] = {1, 3};
  auto scores = Scores::Of({.dtype = DType::kInt8,
                            .dims = dims,
                            .data = reinterpret_cast<std::byte*>(stored),
                            .bytes = 3,
                            .scale = 1.0F / 256,
                            .zero_point = -128},
                           false);
  ASSERT_TRUE(scores.ok());
  EXPECT_EQ(scores->Probability(0), 0.0F);
  EXPECT_EQ(scores->Probability(1), 0.5F);
  EXPECT_EQ(scores->Probability(2), 255.0F / 256);
}

TEST(Scores, RefusesTypesThatAreNoScores) {
  int32_t stored[2] = {1, 2};
  const int32_t dims[1] = {2};
  EXPECT_EQ(Scores::Of({.dtype = DType::kInt32,
                        .dims = dims,
                        .data = reinterpret_cast<std::byte*>(stored),
                        .bytes = 8},
                       false)
                .status()
                .code(),
            Code::kUnimplemented);
}

TEST(TopK, OrdersAsAStableSortDoes) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> values(1 + random() % 40);
    for (float& v : values) v = static_cast<float>(random() % 8);  // many ties
    Floats floats(values);
    auto scores = Scores::Of(floats.View(), false);
    ASSERT_TRUE(scores.ok());
    std::vector<uint32_t> order(values.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [&](uint32_t a, uint32_t b) { return values[a] > values[b]; });
    uint32_t top[5];
    const size_t count = TopK(*scores, top);
    ASSERT_EQ(count, std::min<size_t>(5, values.size()));
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(top[i], order[i]);
  }
}

}  // namespace
}  // namespace covey::micro
