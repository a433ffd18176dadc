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
    EXPECT_TRUE(Prepared(WithLists(kWeightSkipChunks, channels)).ok()) << channels;
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
                              kWeightSkipByPosition, kWeightSkipByParts, kWeightSkipChunks}) {
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
  for (const int32_t order : {kWeightSkipByParts + 1, kWeightSkipChunks + 1}) {
    layer.attr.weights_order = order;
    EXPECT_FALSE(Prepared(layer).ok());
  }
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

TEST(ListedWeights, AreTheWeightsOfAllForms) {
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
    for (const int32_t order : {kWeightSkipDirect, kWeightSkipCopied, kWeightSkipChunks})
      check(WithLists(order, channels));
  for (const int32_t channels : {8, 16, 24}) {
    check(WithLists(kWeightSkipWinograd, channels));
    check(WithLists(kWeightSkipByPosition, channels));
    if (channels >= 16) check(WithLists(kWeightSkipByParts, channels));
  }
}

TEST(ListedWeights, TheReferenceNeedsNoOthers) {
  for (const int32_t order : {kWeightSkipDirect, kWeightSkipWinograd, kWeightSkipCopied,
                              kWeightSkipByPosition, kWeightSkipByParts, kWeightSkipChunks}) {
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

// 27 weights an output, two chunks; every second one is gone.
TEST(ChunkList, KeepsSixteenWeightsOfEachOutputThatHasSome) {
  const std::array<int32_t, 4> filter = {4, 3, 3, 3};
  std::vector<int8_t> weights(4 * 27, 0);
  weights[0] = 5;                               // output 0, chunk 0
  weights[27 + 16] = -3, weights[27 + 26] = 1;  // output 1, chunk 1
  for (size_t i = 3 * 27; i < 4 * 27; ++i) weights[i] = 1;
  const SkipLists lists = SkipListsFor(kWeightSkipChunks, weights.data(), filter);
  EXPECT_EQ(lists.steps, 8);
  EXPECT_EQ(lists.kept, 4);
  EXPECT_EQ(lists.groups, 2);
  EXPECT_EQ(lists.moves, 0);
  const std::vector<int32_t> head = {1, 5, -2, 0, 27, 0b1010'1001};
  ASSERT_EQ(lists.words.size(), 1U + 5 + 4 * 4);
  EXPECT_TRUE(std::equal(head.begin(), head.end(), lists.words.begin()));
  // Chunk 0 of outputs 0 and 3, then chunk 1 of outputs 1 and 3, filled up with zeros.
  EXPECT_EQ(lists.words[6], 5);
  EXPECT_EQ(lists.words[10], 0x01010101);
  EXPECT_EQ(lists.words[14], 0xFD);
  EXPECT_EQ(lists.words[16], 0x010000);
  EXPECT_EQ(lists.words[20], 0x010101);
  EXPECT_EQ(lists.words[21], 0);
}

TEST(ChunkList, AFilterOfZerosIsMasksAlone) {
  const std::array<int32_t, 4> filter = {4, 3, 3, 16};
  const std::vector<int8_t> weights(4 * 144, 0);
  const SkipLists lists = SkipListsFor(kWeightSkipChunks, weights.data(), filter);
  EXPECT_EQ(lists.kept, 0);
  EXPECT_EQ(lists.moves, 9);
  EXPECT_EQ(lists.words, (std::vector<int32_t>{1, 0, 0, 0, 0, 0, 0}));
}

// What a reader accepts says what some weights say, so that every place computes the same: of a
// list nothing can change but weights whose sum stays.
TEST(ChunkList, PrepareRefusesEveryOtherWord) {
  for (const int32_t channels : {3, 7, 16}) {
    const Layer good = WithLists(kWeightSkipChunks, channels);
    ASSERT_TRUE(Prepared(good).ok()) << channels;
    for (size_t at = 2 * kOutputs; at < good.params.size(); ++at)
      for (int bit = 0; bit < 32; ++bit) {
        Layer bad = good;
        bad.params[at] = static_cast<int32_t>(static_cast<uint32_t>(bad.params[at]) ^ (1U << bit));
        EXPECT_FALSE(Prepared(bad).ok()) << channels << ' ' << at << ' ' << bit;
      }
  }
}

// A chunk of sixteen of which four are weights.
TEST(ChunkList, PrepareRefusesWhatStandsBehindTheWindowEvenWithItsSum) {
  Layer layer;
  layer.attr.weights_order = kWeightSkipChunks;
  layer.in = {1, 4, 5, 20}, layer.out = {1, 4, 5, 4}, layer.filter = {4, 1, 1, 20};
  layer.weights.assign(80, 1);
  for (int i = 0; i < 8; ++i) layer.params.push_back(i < 4 ? 1 << 30 : -7);
  const SkipLists lists = SkipListsFor(kWeightSkipChunks, layer.weights.data(), layer.filter);
  layer.params.insert(layer.params.end(), lists.words.begin(), lists.words.end());
  ASSERT_TRUE(Prepared(layer).ok());
  ++layer.params[8 + 1];  // the first output's sum
  Layer within = layer, behind = layer;
  const size_t chunk = 8 + 1 + 5 + 16;  // its second chunk
  ++within.params[chunk];
  EXPECT_TRUE(Prepared(within).ok());
  ++behind.params[chunk + 1];
  EXPECT_FALSE(Prepared(behind).ok());
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
