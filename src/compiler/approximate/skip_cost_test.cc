#include "compiler/approximate/skip_cost.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "kernels/winograd.hpp"

namespace covey::compiler {
namespace {

TEST(SkipCost, UnitsOfTheDirectFormShareOutAllWeights) {
  for (const int32_t channels : {1, 2, 3, 4, 5, 8}) {
    const std::array<int32_t, 4> filter = {4, 3, 3, channels};
    std::set<int32_t> seen;
    const int32_t row = 3 * channels, tail = row % 4;
    const int32_t units = 3 * (row / 4 * 2 + (tail > 1 ? 2 : tail));
    for (int32_t block = 0; block < 2; ++block)
      for (int32_t unit = 0; unit < units; ++unit)
        for (const SkipRule& rule : UnitRules(SkipForm::kDirect, filter, block, unit)) {
          ASSERT_EQ(rule.size(), 1U);
          EXPECT_TRUE(seen.insert(rule[0].index).second) << rule[0].index;
        }
    EXPECT_EQ(seen.size(), 36U * static_cast<size_t>(channels));
    EXPECT_EQ(*seen.rbegin(), 36 * channels - 1);
  }
}

// The rules say of weights what the transformed weights say of themselves.
TEST(SkipCost, RulesOfWinogradsFormHoldWhereItsValuesAreZero) {
  constexpr int32_t kOutputs = 3, kChannels = 8;
  const std::array<int32_t, 4> filter = {kOutputs, 3, 3, kChannels};
  std::mt19937 random(3);
  std::vector<int8_t> weights(kOutputs * 9 * kChannels);
  for (int8_t& w : weights)
    w = random() % 3 != 0 ? int8_t{0} : static_cast<int8_t>(random() % 3 - 1);
  int zeros = 0;
  for (int32_t block = 0; block < kernels::WinogradPairs(kOutputs); ++block) {
    std::vector<int16_t> u(static_cast<size_t>(kernels::WinogradPairValues(kChannels)));
    kernels::WinogradWeights(weights.data(), filter, block, u.data());
    for (int32_t unit = 0; unit < 16 * kChannels / 2; ++unit) {
      bool all = true;
      for (const SkipRule& rule : UnitRules(SkipForm::kWinograd, filter, block, unit)) {
        int32_t sum = 0;
        for (const SkipTerm& term : rule)
          sum += term.coefficient * weights[static_cast<size_t>(term.index)];
        all = all && sum == 0;
      }
      const int16_t* const at = u.data() + unit * 4;
      const bool zero = at[0] == 0 && at[1] == 0 && at[2] == 0 && at[3] == 0;
      EXPECT_EQ(all, zero) << block << ' ' << unit;
      zeros += zero ? 1 : 0;
    }
  }
  EXPECT_GT(zeros, 5);
}

}  // namespace
}  // namespace covey::compiler
