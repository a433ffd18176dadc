#include "compiler/variant.hpp"

#include <gtest/gtest.h>

#include "kernels/host/dsp_offers.hpp"
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
      EXPECT_EQ(kernels::BlockWeight(reinterpret_cast<const int8_t*>(blocks.data->data()), o, i,
                                     kOutputs, kInputs),
                rows[static_cast<size_t>(o * kInputs + i)]);
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

}  // namespace
}  // namespace covey::compiler
