#include "compiler/plan_memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace covey::compiler {
namespace {

bool Overlap(const Block& a, const Block& b) {
  const bool time = a.first <= b.last && b.first <= a.last;
  const bool space = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
  return time && space;
}

TEST(PlanMemory, NeverPutsLiveBlocksOnTheSameBytes) {
  std::minstd_rand random(7);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<Block> blocks(2 + random() % 30);
    for (Block& block : blocks) {
      block.bytes = 1 + static_cast<int64_t>(random() % 500);
      block.first = static_cast<int>(random() % 20);
      block.last = block.first + static_cast<int>(random() % 8);
    }
    const int64_t used = PlaceBlocks(blocks);
    EXPECT_GE(used, LowerBound(blocks));
    for (size_t i = 0; i < blocks.size(); ++i) {
      EXPECT_EQ(blocks[i].offset % 16, 0);
      EXPECT_LE(blocks[i].offset + blocks[i].bytes, used);
      for (size_t j = 0; j < i; ++j) EXPECT_FALSE(Overlap(blocks[i], blocks[j])) << i << ' ' << j;
    }
  }
}

TEST(PlanMemory, ReachesTheBoundOfAChain) {
  std::vector<Block> blocks;
  for (int i = 0; i < 10; ++i)
    blocks.push_back({.bytes = 1600 - 160 * i, .first = i, .last = i + 1});
  EXPECT_EQ(LowerBound(blocks), 1600 + 1440);
  EXPECT_EQ(PlaceBlocks(blocks), 1600 + 1440);
}

Graph Chain(Op op, bool input_lives_on) {
  Graph graph;
  for (int i = 0; i < 3; ++i) {
    Tensor tensor;
    tensor.dtype = DType::kInt8;
    tensor.dims = {1, 64};
    tensor.quant = {{0.5F}, {0}, -1};
    graph.tensors.push_back(tensor);
  }
  for (int i = 0; i < 2; ++i) {
    Node node;
    node.op = op;
    node.inputs = {i};
    node.outputs = {i + 1};
    graph.nodes.push_back(node);
  }
  graph.inputs = {0};
  graph.outputs = {2};
  if (input_lives_on) graph.outputs.push_back(0);
  return graph;
}

TEST(PlanMemory, WritesReshapeOverAnInputThatDies) {
  const MemoryPlan plan = PlanMemory(Chain(Op::kReshape, false));
  EXPECT_EQ(plan.arena_bytes, 64);
  EXPECT_EQ(plan.offsets[1], plan.offsets[0]);
}

TEST(PlanMemory, KeepsAnInputThatIsReadLater) {
  const MemoryPlan plan = PlanMemory(Chain(Op::kReshape, true));
  EXPECT_EQ(plan.arena_bytes, 128);
  EXPECT_NE(plan.offsets[1], plan.offsets[0]);
}

TEST(PlanMemory, NeverWritesSoftmaxOverItsInput) {
  const MemoryPlan plan = PlanMemory(Chain(Op::kSoftmax, false));
  EXPECT_NE(plan.offsets[1], plan.offsets[0]);
  EXPECT_EQ(plan.arena_bytes, 128);
}

}  // namespace
}  // namespace covey::compiler
