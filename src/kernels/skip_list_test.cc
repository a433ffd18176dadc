#include "kernels/skip_list.hpp"

#include <gtest/gtest.h>

#include "kernels/host/op_case.hpp"
#include "kernels/host/oracle.hpp"
#include "kernels/host/skip_lists.hpp"
#include "kernels/listed_weights.hpp"
#include "kernels/ref/table.hpp"

namespace covey::kernels {
namespace {

using oracle::Source;

constexpr int32_t kOutputs = 5;

struct Layer {
  ConvAttr attr;
  std::vector<int32_t> in, filter, out, params;
  std::vector<int8_t> weights;
};

// A 3x3 convolution some of whose weights are zero, with its lists.
Layer WithLists(int32_t order, int32_t channels) {
  Layer layer;
  layer.attr.pad_top = layer.attr.pad_left = 1;
  layer.attr.weights_order = order;
  layer.in = {1, 4, 5, channels}, layer.out = {1, 4, 5, kOutputs};
  layer.filter = {kOutputs, 3, 3, channels};
  Source source(7);
  layer.weights = source.Bytes(static_cast<size_t>(kOutputs) * 9 * static_cast<size_t>(channels));
  for (size_t i = 0; i < layer.weights.size(); ++i)
    if (i / 16 % 2 == 0 || i < 18U * static_cast<size_t>(channels)) layer.weights[i] = 0;
  for (int32_t o = 0; o < kOutputs; ++o) layer.params.push_back(1 << 30);
  for (int32_t o = 0; o < kOutputs; ++o) layer.params.push_back(-7);
  const SkipLists lists = SkipListsFor(order, layer.weights.data(), layer.filter);
  EXPECT_LT(lists.kept, lists.steps);
  layer.params.insert(layer.params.end(), lists.words.begin(), lists.words.end());
  return layer;
}

void Fill(const Layer& layer, OpCase& op) {
  op.Input<int8_t>(layer.in, Source(1).Bytes(static_cast<size_t>(4 * 5 * layer.in[3])));
  op.Input<int8_t>(layer.filter, layer.weights);
  op.Output<int8_t>(layer.out);
  op.Set(layer.attr);
  op.SetParams(layer.params);
}

Status Prepared(const Layer& layer) {
  OpCase op(Op::kConv2D, "thin");
  Fill(layer, op);
  return op.Prepare(RefKernels());
}

// Lists stand for the weights, which have no bytes.
void LeaveListsOnly(OpCase& op, std::vector<std::byte>& scratch) {
  op.view().input[1].data = nullptr;
  op.view().scratch = scratch;
}

TEST(SkipList, KeepsEveryStepThatIsNotZeroWithItsFirstOneLast) {
  const uint32_t steps[] = {1, 2, 3, 4, 0, 0, 7, 0, 9, 9};  // five steps
  uint32_t list[16] = {};
  ASSERT_EQ(WriteSkipList(steps, 5, kSkipFirst, -1, list), 11);
  const uint32_t expected[] = {kSkipFirst + 0b1011, 3, 4, 7,       0, 1, 2,
                               kSkipGroup + 1,      9, 9, kSkipEnd};
  for (size_t i = 0; i < 11; ++i) EXPECT_EQ(list[i], expected[i]) << i;
}

TEST(SkipList, PrepareTakesTheListsOfEveryShape) {
  for (const int32_t channels : {1, 2, 3, 4, 7, 8}) {
    EXPECT_TRUE(Prepared(WithLists(kWeightSkipDirect, channels)).ok()) << channels;
    EXPECT_TRUE(Prepared(WithLists(kWeightSkipCopied, channels)).ok()) << channels;
  }
  for (const int32_t channels : {8, 16, 24}) {
    EXPECT_TRUE(Prepared(WithLists(kWeightSkipWinograd, channels)).ok()) << channels;
    EXPECT_TRUE(Prepared(WithLists(kWeightSkipByPosition, channels)).ok()) << channels;
    EXPECT_EQ(Prepared(WithLists(kWeightSkipByParts, channels)).ok(), channels >= 16) << channels;
  }
}

// Weights may be anything, all other words are checked: what a kernel follows ends where it should.
TEST(SkipList, PrepareRefusesEveryOtherPlaceCodeAndEnd) {
  for (const int32_t order : {kWeightSkipDirect, kWeightSkipWinograd, kWeightSkipCopied,
                              kWeightSkipByPosition, kWeightSkipByParts}) {
    const Layer good = WithLists(order, 16);
    const auto first = static_cast<size_t>(2 * kOutputs);
    const SkipLists lists = SkipListsFor(order, good.weights.data(), good.filter);
    const auto pairs = static_cast<size_t>(WinogradPairs(kOutputs));
    size_t refused = 0;
    for (size_t at = first; at < good.params.size(); ++at)
      for (const int32_t other : {0, 1, 15, 16, 31, 32, 33, 48, 49, -1, 0x7FFFFFFF}) {
        Layer bad = good;
        if (bad.params[at] == other) continue;
        bad.params[at] = other;
        refused += Prepared(bad).ok() ? 0 : 1;
      }
    // All places, codes and ends, but for a code of as many steps.
    const size_t ends = HoldsWinogradLists(order) ? pairs * 16 : pairs;
    EXPECT_GE(refused, (pairs + ends) * 10 + static_cast<size_t>(lists.groups) * 8);
  }
}

TEST(SkipList, PrepareRefusesListsThatAreCutShortOrGoOn) {
  for (const int32_t order : {kWeightSkipDirect, kWeightSkipWinograd, kWeightSkipCopied,
                              kWeightSkipByPosition, kWeightSkipByParts}) {
    const Layer good = WithLists(order, 16);
    for (size_t size = 2 * kOutputs; size < good.params.size(); ++size) {
      Layer bad = good;
      bad.params.resize(size);
      ASSERT_FALSE(Prepared(bad).ok()) << size;
    }
    Layer longer = good;
    longer.params.push_back(kSkipEnd);
    EXPECT_FALSE(Prepared(longer).ok());
  }
}

TEST(SkipList, PrepareRefusesListsWhereNoKernelHasThem) {
  Layer layer = WithLists(kWeightSkipDirect, 8);
  layer.attr.weights_order = 0;
  EXPECT_FALSE(Prepared(layer).ok());
  layer.attr.weights_order = kWeightSkipWinograd;
  EXPECT_FALSE(Prepared(layer).ok());
  layer.attr.weights_order = kWeightSkipByParts + 1;
  EXPECT_FALSE(Prepared(layer).ok());
  layer = WithLists(kWeightSkipWinograd, 8);
  layer.attr.stride_h = layer.attr.stride_w = 1;
  layer.attr.dilation_h = 2;
  EXPECT_FALSE(Prepared(layer).ok());
}

// A group of three steps has one place to spare.
TEST(SkipList, PrepareRefusesAStepBeyondTheWindow) {
  Layer layer = WithLists(kWeightSkipDirect, 8);
  layer.filter = {kOutputs, 1, 1, 6}, layer.in[3] = 6;
  layer.attr.pad_top = layer.attr.pad_left = 0;
  layer.weights.assign(kOutputs * 6, 1);
  const SkipLists lists =
      SkipListsFor(kWeightSkipDirect, layer.weights.data(), layer.filter);  // 4 steps
  layer.params.resize(2 * kOutputs);
  layer.params.insert(layer.params.end(), lists.words.begin(), lists.words.end());
  ASSERT_TRUE(Prepared(layer).ok());
  layer.filter[3] = layer.in[3] = 5;  // 3 steps
  layer.weights.resize(kOutputs * 5);
  EXPECT_FALSE(Prepared(layer).ok());
}

TEST(ListedWeights, AreTheWeightsOfBothForms) {
  const auto check = [](const Layer& layer) {
    OpCase op(Op::kConv2D, "listed");
    Fill(layer, op);
    std::vector<std::byte> scratch(static_cast<size_t>(ListedBytes(layer.filter)));
    LeaveListsOnly(op, scratch);
    ASSERT_TRUE(op.Prepare(RefKernels()).ok()) << op.diag().Text();
    const size_t window = layer.weights.size() / kOutputs;
    for (int32_t pair = 0; pair < WinogradPairs(kOutputs); ++pair) {
      const int8_t* const two = ListedWeights(op.view(), pair);
      const auto first = static_cast<size_t>(WinogradFirst(pair, kOutputs));
      for (size_t i = 0; i < 2 * window; ++i)
        ASSERT_EQ(two[i], layer.weights[first * window + i]) << "pair " << pair << ", " << i;
    }
  };
  for (const int32_t channels : {1, 2, 3, 4, 7, 8, 24})
    check(WithLists(kWeightSkipDirect, channels)), check(WithLists(kWeightSkipCopied, channels));
  for (const int32_t channels : {8, 16, 24}) {
    check(WithLists(kWeightSkipWinograd, channels));
    check(WithLists(kWeightSkipByPosition, channels));
    if (channels >= 16) check(WithLists(kWeightSkipByParts, channels));
  }
}

TEST(ListedWeights, TheReferenceNeedsNoOthers) {
  for (const int32_t order : {kWeightSkipDirect, kWeightSkipWinograd, kWeightSkipCopied,
                              kWeightSkipByPosition, kWeightSkipByParts}) {
    const Layer layer = WithLists(order, 16);
    OpCase all(Op::kConv2D, "all"), listed(Op::kConv2D, "listed");
    Fill(layer, all), Fill(layer, listed);
    std::vector<std::byte> scratch(static_cast<size_t>(ListedBytes(layer.filter)));
    LeaveListsOnly(listed, scratch);
    ASSERT_TRUE(all.Run(RefKernels()).ok());
    ASSERT_TRUE(listed.Run(RefKernels()).ok()) << listed.diag().Text();
    EXPECT_EQ(listed.Result<int8_t>(), all.Result<int8_t>());
  }
}

TEST(ListedWeights, PrepareRefusesThemWithoutListsOrScratch) {
  Layer layer = WithLists(kWeightSkipWinograd, 8);
  std::vector<std::byte> scratch(static_cast<size_t>(ListedBytes(layer.filter)) - 1);
  OpCase tight(Op::kConv2D, "tight");
  Fill(layer, tight);
  LeaveListsOnly(tight, scratch);
  EXPECT_FALSE(tight.Prepare(RefKernels()).ok());
  EXPECT_EQ(tight.diag().Text(),
            "conv2d 'tight': scratch of weights in lists is too small; at least (found 287, "
            "expected 288)");

  scratch.resize(scratch.size() + 1);
  for (const int32_t order : {0, kWeightSkipSearch, kWeightUnpacked, kWeightByPosition}) {
    layer.attr.weights_order = order, layer.params.resize(2 * kOutputs);
    OpCase none(Op::kConv2D, "none");
    Fill(layer, none);
    LeaveListsOnly(none, scratch);
    EXPECT_FALSE(none.Prepare(RefKernels()).ok()) << order;
  }
}

}  // namespace
}  // namespace covey::kernels
