// PlanMemory gives each activation its place in the arena, ahead of time.
//
//   time ->   conv1   conv2   add
//   input     #####
//   a             ######### ####      each box: from the op that writes it to the last that reads
//   b                  #########      it; boxes that share a moment must not share bytes
//
// Greedy by size: the largest block first, each into the smallest gap that fits, under several
// orders, and again with the block that reached highest moved to the front; the best wins. reshape,
// relu, quantize (int8 to int8) and add write over an input that dies with them.
//
// Memory: offsets are multiples of 16. lower_bound is the largest sum of blocks that are alive at
// one moment: no plan with these aliases can do better.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compiler/ir/graph.hpp"

namespace covey::compiler {

struct MemoryPlan {
  std::vector<int64_t> offsets;  // one a tensor; -1: not in the arena
  int64_t arena_bytes = 0;
  int64_t lower_bound = 0;
};

MemoryPlan PlanMemory(const Graph& graph);

// The bare problem, for tests: blocks alive from `first` to `last`, both included.
struct Block {
  int64_t bytes = 0;
  int first = 0, last = 0;
  int64_t offset = -1;
};
// Sets the offsets; returns the bytes used.
int64_t PlaceBlocks(std::vector<Block>& blocks);
int64_t LowerBound(const std::vector<Block>& blocks);

}  // namespace covey::compiler
