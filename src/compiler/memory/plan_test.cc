#include "compiler/memory/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "compiler/memory/blocks.hpp"
#include "compiler/memory/gradual.hpp"

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
    Problem problem;
    std::vector<Block>& blocks = problem.blocks;
    blocks.resize(2 + random() % 30);
    for (Block& block : blocks) {
      block.bytes = 1 + static_cast<int64_t>(random() % 500);
      block.first = static_cast<int>(random() % 20);
      block.last = block.first + static_cast<int>(random() % 8);
    }
    const int64_t used = Place(problem);
    EXPECT_GE(used, LowerBound(problem));
    for (size_t i = 0; i < blocks.size(); ++i) {
      EXPECT_EQ(blocks[i].offset % 16, 0);
      EXPECT_LE(blocks[i].offset + blocks[i].bytes, used);
      for (size_t j = 0; j < i; ++j) EXPECT_FALSE(Overlap(blocks[i], blocks[j])) << i << ' ' << j;
    }
  }
}

TEST(PlanMemory, ReachesTheBoundOfAChain) {
  Problem problem;
  for (int i = 0; i < 10; ++i)
    problem.blocks.push_back({.bytes = 1600 - 160 * i, .first = i, .last = i + 1});
  EXPECT_EQ(LowerBound(problem), 1600 + 1440);
  EXPECT_EQ(Place(problem), 1600 + 1440);
}

// A chain in which each block dies with the op that writes the next.
Problem RandomChain(std::minstd_rand& random) {
  Problem problem;
  const int count = 2 + static_cast<int>(random() % 8);
  for (int i = 0; i < count; ++i) {
    problem.blocks.push_back(
        {.bytes = 1 + static_cast<int64_t>(random() % 900), .first = i - 1, .last = i});
    if (i == 0 || random() % 4 == 0) continue;
    const auto step = static_cast<int64_t>(1 + random() % 20),
               steps = static_cast<int64_t>(random() % 12);
    problem.shares.push_back({.out = i, .in = i - 1, .lead = step * steps, .step = step});
  }
  for (int extra = static_cast<int>(random() % 4); extra > 0; --extra) {  // shortcuts, scratch
    const int first = static_cast<int>(random() % count);
    const int last = first + static_cast<int>(random() % 3);
    problem.blocks.push_back(
        {.bytes = 1 + static_cast<int64_t>(random() % 400), .first = first, .last = last});
  }
  return problem;
}

TEST(PlanMemory, KeepsTheDistanceOfBlocksThatShare) {
  std::minstd_rand random(11);
  int shared = 0;
  for (int trial = 0; trial < 300; ++trial) {
    Problem problem = RandomChain(random);
    const int64_t used = Place(problem);
    EXPECT_GE(used, LowerBound(problem));
    const std::vector<Block>& blocks = problem.blocks;
    for (size_t i = 0; i < blocks.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (!Overlap(blocks[i], blocks[j])) continue;
        const auto share =
            std::find_if(problem.shares.begin(), problem.shares.end(), [&](const Share& s) {
              return static_cast<size_t>(s.out) == i && static_cast<size_t>(s.in) == j;
            });
        ASSERT_NE(share, problem.shares.end()) << trial << ": " << i << ' ' << j;
        const int64_t distance = blocks[j].offset - blocks[i].offset;
        EXPECT_GE(distance, share->lead);
        EXPECT_EQ(distance % share->step, 0);
        ++shared;
      }
    }
  }
  EXPECT_GT(shared, 100);
}

// Random parts: whatever is written never lies on what is read then or later.
TEST(PlanMemory, KeepsPartsApartThatLiveAtOnce) {
  std::minstd_rand random(17);
  int shared = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const int bands = 2 + static_cast<int>(random() % 5);
    const auto in_band = static_cast<int64_t>(16 * (1 + random() % 9));
    const auto out_band = static_cast<int64_t>(16 * (1 + random() % 9));
    const auto halo = static_cast<int64_t>(random() % 40);
    Problem problem;
    problem.blocks = {{.bytes = bands * in_band, .first = -1, .last = 2 * bands - 2},
                      {.bytes = bands * out_band, .first = 1, .last = 2 * bands}};
    Parts parts(2);
    for (int band = 0; band < bands; ++band) {
      const int64_t begin = std::max<int64_t>(0, band * in_band - halo);
      parts.reads[0].push_back({2 * band, begin, (band + 1) * in_band});
      parts.writes[1].push_back({2 * band + 1, band * out_band, (band + 1) * out_band});
    }
    AddGradualShares(problem, parts);
    const int64_t used = Place(problem);
    EXPECT_GE(used, LowerBound(problem)) << trial;
    if (used < (in_band + out_band) * bands) ++shared;
    for (const Part& write : parts.writes[1]) {
      for (const Part& read : parts.reads[0]) {
        if (read.moment < write.moment) continue;
        const int64_t w = problem.blocks[1].offset, r = problem.blocks[0].offset;
        EXPECT_TRUE(w + write.end <= r + read.begin || r + read.end <= w + write.begin) << trial;
      }
    }
  }
  EXPECT_GT(shared, 100);
}

// Everything tried: all offsets that are multiples of 16, below what Place needed.
bool FitsBelow(Problem& problem, size_t next, int64_t limit) {
  if (next == problem.blocks.size()) return true;
  Block& block = problem.blocks[next];
  for (block.offset = 0; block.offset + block.bytes <= limit; block.offset += 16) {
    bool clash = false;
    for (size_t j = 0; j < next && !clash; ++j) {
      if (!Overlap(block, problem.blocks[j])) continue;
      clash = true;
      for (const Share& s : problem.shares) {
        const bool ours = static_cast<size_t>(s.out) == next && static_cast<size_t>(s.in) == j;
        const int64_t distance = problem.blocks[j].offset - block.offset;
        if (ours && distance >= s.lead && distance % s.step == 0) clash = false;
      }
    }
    if (!clash && FitsBelow(problem, next + 1, limit)) return true;
  }
  return false;
}

TEST(PlanMemory, IsOptimalOnSmallProblems) {
  std::minstd_rand random(3);
  for (int trial = 0; trial < 60; ++trial) {
    Problem problem = RandomChain(random);
    if (problem.blocks.size() > 6) continue;
    for (Block& block : problem.blocks) block.bytes = 1 + block.bytes % 150;
    const int64_t used = Place(problem);
    Problem again = problem;
    EXPECT_FALSE(FitsBelow(again, 0, used - 16)) << "trial " << trial << ", used " << used;
  }
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

TEST(PlanMemory, GivesAReshapeTheBytesOfAnInputThatIsReadLater) {
  const MemoryPlan plan = PlanMemory(Chain(Op::kReshape, true));
  EXPECT_EQ(plan.arena_bytes, 64);
}

TEST(PlanMemory, NeverWritesSoftmaxOverItsInput) {
  const MemoryPlan plan = PlanMemory(Chain(Op::kSoftmax, false));
  EXPECT_NE(plan.offsets[1], plan.offsets[0]);
  EXPECT_EQ(plan.arena_bytes, 128);
}

}  // namespace
}  // namespace covey::compiler
