#include "compiler/approximate/skip_cost.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "compiler/memory/offers.hpp"
#include "kernels/host/mve_offers.hpp"
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

TEST(SkipCost, UnitsOfChunksShareOutAllWeights) {
  for (const int32_t channels : {1, 3, 5, 16}) {
    const std::array<int32_t, 4> filter = {5, 3, 3, channels};
    const int32_t window = 9 * channels, units = (window + 15) / 16;
    std::set<int32_t> seen;
    for (int32_t block = 0; block < 5; ++block)
      for (int32_t unit = 0; unit < units; ++unit)
        for (const SkipRule& rule : UnitRules(SkipForm::kChunks, filter, block, unit)) {
          ASSERT_EQ(rule.size(), 1U);
          EXPECT_EQ(rule[0].index / window, block);
          EXPECT_TRUE(seen.insert(rule[0].index).second) << rule[0].index;
        }
    EXPECT_EQ(seen.size(), 5U * static_cast<size_t>(window));
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

// A convolution of 32 x 32 pixels: 256 times four of them.
struct Conv {
  ConvAttr attr;
  int32_t in[4] = {1, 32, 32, 16}, filter[4] = {16, 3, 3, 16}, out[4] = {1, 32, 32, 16};
  std::vector<int32_t> params;
  OpView view;

  explicit Conv(int32_t window) : params(32, 1 << 30) {
    filter[1] = filter[2] = window;
    attr.pad_top = attr.pad_left = window / 2;
    for (size_t i = 16; i < 32; ++i) params[i] = -4;
    view.op = Op::kConv2D;
    view.attr = reinterpret_cast<const int32_t*>(&attr);
    view.params = params;
    view.inputs = 3;
    view.input[0].dtype = view.input[1].dtype = view.output[0].dtype = DType::kInt8;
    view.input[0].dims = in, view.input[1].dims = filter, view.output[0].dims = out;
    view.input[1].bytes = static_cast<size_t>(filter[0] * filter[1] * filter[2] * filter[3]);
  }
};

// What is said before anything is removed is what the compiler finds once it is.
TEST(SkipCost, ARemovalOnHeliumSavesWhatTheCompilerSeesThen) {
  Conv conv(3);
  const auto options = SkipOptionsOf(conv.view, Target::kMve);
  ASSERT_EQ(options.size(), 1U);
  const SkipOption& option = options[0];
  EXPECT_EQ(option.form, SkipForm::kChunks);
  EXPECT_EQ(option.blocks, 16);
  EXPECT_EQ(option.units, 9);
  EXPECT_EQ(option.saved, 3 * 512);  // twice 512 pixels
  std::vector<int8_t> weights(16 * 144, 1);
  int removed = 0;
  for (int32_t block = 0; block < 16; ++block)
    for (int32_t unit = block % 3; unit < 9; unit += 3, ++removed)
      for (const SkipRule& rule : UnitRules(option.form, conv.filter, block, unit))
        weights[static_cast<size_t>(rule[0].index)] = 0;
  conv.view.input[1].data = reinterpret_cast<std::byte*>(weights.data());
  int64_t least = option.exact;
  bool listed = false;
  for (const Offer& offer : OffersOf(conv.view, Target::kMve)) {
    if (offer.variant != kernels::mve::kSkipChunks) continue;
    listed = true;
    least = std::min(least, offer.cost());
    EXPECT_EQ(offer.flash_bytes, 0U);  // less than the weights, which go
  }
  EXPECT_TRUE(listed);
  const double expected = static_cast<double>(option.cost) - option.saved * removed;
  EXPECT_NEAR(static_cast<double>(least), expected, expected / 100);
  conv.attr.groups = 2;
  EXPECT_TRUE(SkipOptionsOf(conv.view, Target::kMve).empty());
}

TEST(SkipCost, AUnitSavesItsInstructionsAndTheFlashThatItsListWaitsFor) {
  const Conv conv(3);
  const FlashWait slow{.byte = 0.5, .cache_bytes = 0}, cached{.byte = 0.5, .cache_bytes = 100'000};
  const auto plain = SkipOptionsOf(conv.view, Target::kCortexM);
  const auto waits = SkipOptionsOf(conv.view, Target::kCortexM, slow);
  const auto held = SkipOptionsOf(conv.view, Target::kCortexM, cached);
  ASSERT_EQ(plain.size(), 2U);  // direct, and Winograd's
  ASSERT_EQ(waits.size(), 2U);
  ASSERT_EQ(held.size(), 2U);
  for (size_t f = 0; f < 2; ++f) {
    const double quads = f == 0 ? 256 : 64;
    EXPECT_EQ(plain[f].saved, 11 * quads);
    const double reads = f == 0 ? 16 : 64;  // direct: once for sixteen quads, from then on in RAM
    EXPECT_EQ(waits[f].saved, 11 * quads + 0.5 * 8 * reads);
    EXPECT_GT(held[f].saved, plain[f].saved);
    EXPECT_GT(waits[f].cost, plain[f].cost);
  }
  // In a cache a pair's list is read once for the quads that are in scratch.
  EXPECT_LT(held[1].saved, waits[1].saved);
  EXPECT_LT(held[1].cost, waits[1].cost);
  // What is compared with lists waits, too: Winograd's weights stream, plain ones are widened once
  // for a batch of pixels.
  EXPECT_GT(waits[0].exact, plain[0].exact);
}

}  // namespace
}  // namespace covey::compiler
