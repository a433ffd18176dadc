#include "compiler/memory/offers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "kernels/host/dsp_offers.hpp"
#include "kernels/skip_list.hpp"

namespace covey::compiler {
namespace {

namespace dsp = kernels::dsp;

// A convolution of 64 to 64 channels, every second four of whose weights are zero: 1x1, or 3x3 for
// Winograd's form.
struct Thin {
  ConvAttr attr;
  int32_t in[4] = {1, 1, 1, 64}, filter[4] = {64, 1, 1, 64}, out[4] = {1, 1, 1, 64};
  std::vector<int32_t> params;
  std::vector<int8_t> weights;
  OpView view;

  explicit Thin(int32_t pixels, int32_t window = 1)
      : params(128, 1 << 30), weights(static_cast<size_t>(64 * 64 * window * window), 3) {
    in[1] = out[1] = window == 1 ? 1 : 8;
    in[2] = out[2] = pixels;
    filter[1] = filter[2] = window;
    attr.pad_top = attr.pad_left = window / 2;
    for (size_t i = 64; i < 128; ++i) params[i] = -4;
    for (size_t i = 0; i < weights.size(); ++i)
      if (i / 4 % 2 == 0) weights[i] = 0;
    view.op = Op::kConv2D;
    view.attr = reinterpret_cast<const int32_t*>(&attr);
    view.params = params;
    view.inputs = 3;
    view.input[0].dtype = view.input[1].dtype = view.output[0].dtype = DType::kInt8;
    view.input[0].dims = in, view.input[1].dims = filter, view.output[0].dims = out;
    view.input[1].data = reinterpret_cast<std::byte*>(weights.data());
    view.input[1].bytes = weights.size();
  }
  std::vector<Offer> Offers(const FlashWait& wait) const {
    return OffersOf(view, Target::kCortexM, Unpack::kNever, wait);
  }
  Offer Cheapest(const FlashWait& wait) const {
    const std::vector<Offer> offers = Offers(wait);
    return *std::min_element(offers.begin(), offers.end(),
                             [](const Offer& a, const Offer& b) { return a.cost() < b.cost(); });
  }
};

constexpr FlashWait kSlow{.byte = 0.5, .cache_bytes = 0};
constexpr FlashWait kHeld{.byte = 0.5, .cache_bytes = 8192};

TEST(Offers, ListsAreCopiedToRamWhereAChipWaitsLongerThanACopyTakes) {
  const Thin thin(256);
  EXPECT_EQ(thin.Cheapest({}).variant, dsp::kSkipDirect);
  EXPECT_EQ(thin.Cheapest(kSlow).variant, dsp::kSkipCopied);
  EXPECT_EQ(thin.Cheapest(kHeld).variant, dsp::kSkipDirect);
}

TEST(Offers, ACopyTakesInstructionsAndScratchAndNoFlash) {
  const Thin thin(256);
  const Offer plain = thin.Cheapest({}), copied = thin.Cheapest(kSlow);
  EXPECT_GT(copied.instructions, plain.instructions);
  EXPECT_EQ(copied.scratch, plain.scratch + static_cast<size_t>(kernels::SkipRoomBytes(32)));
  EXPECT_EQ(copied.flash_bytes, plain.flash_bytes);
}

// A position's list of 64 inputs is 164 bytes here, all of a pair's 16 times that.
TEST(Offers, WinogradsListsGoByPositionWhereACacheHoldsOneAndNotAll) {
  const Thin thin(8, 3);
  EXPECT_EQ(thin.Cheapest({}).variant, dsp::kSkipWinograd);
  EXPECT_EQ(thin.Cheapest({.byte = 0.5, .cache_bytes = 256}).variant, dsp::kSkipByPosition);
  EXPECT_EQ(thin.Cheapest({.byte = 0.5, .cache_bytes = 128}).variant, dsp::kSkipByParts);
  EXPECT_EQ(thin.Cheapest({.byte = 0.5, .cache_bytes = 64}).variant, dsp::kSkipWinograd);
  EXPECT_EQ(thin.Cheapest({.byte = 0.5, .cache_bytes = 1 << 20}).variant, dsp::kSkipWinograd);
}

TEST(Offers, NoCopyWhereTooFewPixelsGoBy) {
  for (const Offer& offer : Thin(kernels::kListCopiedFrom - 4).Offers(kSlow))
    EXPECT_NE(offer.variant, dsp::kSkipCopied);
}

}  // namespace
}  // namespace covey::compiler
