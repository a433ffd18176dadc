#include "compiler/variant.hpp"

#include <gtest/gtest.h>

#include "kernels/host/dsp_offers.hpp"
#include "kernels/skip_list.hpp"
#include "kernels/weight_blocks.hpp"

namespace covey::compiler {
namespace {

struct Layer {
  Graph graph;
  Node node;
  Lowered lowered;
};

// A fully connected layer with these rows of weights.
Layer FullyConnected(const std::vector<int8_t>& rows, int32_t outputs, int32_t inputs) {
  Layer layer;
  Tensor in, weights;
  in.dtype = weights.dtype = DType::kInt8;
  in.dims = {1, inputs};
  weights.dims = {outputs, inputs};
  const auto* const begin = reinterpret_cast<const std::byte*>(rows.data());
  weights.data = std::make_shared<const std::vector<std::byte>>(begin, begin + rows.size());
  layer.graph.tensors = {in, weights};
  layer.node.op = Op::kFullyConnected;
  layer.lowered.inputs = {0, 1};
  layer.lowered.Set(ConvAttr{});
  return layer;
}

TEST(ApplyTarget, BlocksHoldTheRowsWeights) {
  constexpr int32_t kOutputs = 7, kInputs = 12;
  std::vector<int8_t> rows;
  for (int i = 0; i < kOutputs * kInputs; ++i)
    rows.push_back(static_cast<int8_t>(i * 37 % 255 - 127));
  Layer layer = FullyConnected(rows, kOutputs, kInputs);
  ApplyTarget(layer.graph, layer.node, layer.lowered, Target::kCortexM);
  ASSERT_EQ(layer.lowered.As<ConvAttr>().weights_order, kernels::kWeightBlocks);
  const Tensor& blocks = layer.graph.tensors[static_cast<size_t>(layer.lowered.inputs[1])];
  ASSERT_EQ(blocks.data->size(), rows.size());
  for (int32_t o = 0; o < kOutputs; ++o)
    for (int32_t i = 0; i < kInputs; ++i)
      EXPECT_EQ(kernels::BlockWeight(kernels::kWeightBlocks,
                                     reinterpret_cast<const int8_t*>(blocks.data->data()), o, i,
                                     kOutputs, kInputs),
                rows[static_cast<size_t>(o * kInputs + i)]);
}

TEST(ApplyTarget, PairsHoldTheRowsWeights) {
  constexpr int32_t kOutputs = 21, kInputs = 12;
  std::vector<int8_t> rows;
  for (int i = 0; i < kOutputs * kInputs; ++i)
    rows.push_back(static_cast<int8_t>(i * 37 % 255 - 127));
  Layer layer = FullyConnected(rows, kOutputs, kInputs);
  ApplyTarget(layer.graph, layer.node, layer.lowered, Target::kCortexM, true);
  ASSERT_TRUE(ListsInputs(layer.node, layer.lowered));
  const Tensor& pairs = layer.graph.tensors[static_cast<size_t>(layer.lowered.inputs[1])];
  ASSERT_EQ(pairs.data->size(), rows.size());
  for (int32_t o = 0; o < kOutputs; ++o)
    for (int32_t i = 0; i < kInputs; ++i)
      EXPECT_EQ(kernels::BlockWeight(kernels::kWeightPairs,
                                     reinterpret_cast<const int8_t*>(pairs.data->data()), o, i,
                                     kOutputs, kInputs),
                rows[static_cast<size_t>(o * kInputs + i)]);
}

TEST(ApplyTarget, TakesBlocksWhereThereAreTooFewOutputsForPairs) {
  Layer layer = FullyConnected(std::vector<int8_t>(7 * 4, 1), 7, 4);
  ApplyTarget(layer.graph, layer.node, layer.lowered, Target::kCortexM, true);
  EXPECT_EQ(layer.lowered.As<ConvAttr>().weights_order, kernels::kWeightBlocks);
  EXPECT_FALSE(ListsInputs(layer.node, layer.lowered));
}

TEST(ApplyTarget, LeavesRowsThatHaveNoBlocks) {
  std::vector<int8_t> rows(16, 1);
  rows[0] = -1, rows[4] = -128;  // an odd output's -128 beside a negative one
  Layer layer = FullyConnected(rows, 4, 4);
  ApplyTarget(layer.graph, layer.node, layer.lowered, Target::kCortexM);
  EXPECT_EQ(layer.lowered.As<ConvAttr>().weights_order, kernels::kWeightRows);
  EXPECT_EQ(layer.lowered.inputs[1], 1);
}

TEST(ApplyTarget, LeavesOtherTargetsTheirRows) {
  Layer layer = FullyConnected(std::vector<int8_t>(16, 1), 4, 4);
  ApplyTarget(layer.graph, layer.node, layer.lowered, Target::kAny);
  EXPECT_EQ(layer.lowered.As<ConvAttr>().weights_order, kernels::kWeightRows);
}

// A 1x1 convolution of 8 channels, three of whose four steps are zero in outputs 0 and 1.
TEST(ApplyVariant, ListsHoldWhatIsNotZeroBehindTheMultipliers) {
  std::vector<int8_t> rows(4 * 8, 1);
  for (const int i : {0, 2, 1, 3, 5, 7, 8, 10, 9, 11, 13, 15}) rows[static_cast<size_t>(i)] = 0;
  Layer layer = FullyConnected(rows, 4, 8);
  layer.graph.tensors[1].dims = {4, 1, 1, 8};
  layer.node.op = Op::kConv2D;
  layer.lowered.params = {1, 1, 1, 1, -1, -1, -1, -1};
  Layer copied = layer;
  ApplyVariant(layer.graph, {.variant = kernels::dsp::kSkipDirect}, layer.lowered);
  EXPECT_EQ(layer.lowered.As<ConvAttr>().weights_order, kernels::kWeightSkipDirect);
  // The lists are the same where each batch of pixels copies them.
  ApplyVariant(copied.graph, {.variant = kernels::dsp::kSkipCopied}, copied.lowered);
  EXPECT_EQ(copied.lowered.As<ConvAttr>().weights_order, kernels::kWeightSkipCopied);
  EXPECT_EQ(copied.lowered.params, layer.lowered.params);
  const std::vector<int32_t> lists(layer.lowered.params.begin() + 8, layer.lowered.params.end());
  EXPECT_EQ(lists, (std::vector<int32_t>{2, 6, 16 + 4, 0x10001, 0x10001, 32,  //
                                         16 + 15, 0x10001, 0x10001, 0x10001, 0x10001, 0x10001,
                                         0x10001, 0x10001, 0x10001, 32}));
}

TEST(ApplyVariant, LeavesPlainOffersAsTheyAre) {
  Layer layer = FullyConnected(std::vector<int8_t>(16, 1), 4, 4);
  ApplyVariant(layer.graph, {.variant = kernels::dsp::kWinograd}, layer.lowered);
  EXPECT_EQ(layer.lowered.As<ConvAttr>().weights_order, 0);
  EXPECT_TRUE(layer.lowered.params.empty());
}

}  // namespace
}  // namespace covey::compiler
