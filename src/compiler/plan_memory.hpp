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
// Scratch is a block that lives for one op. It gets what it can use, as far as that raises the
// arena by no more than a twelfth of what the tensors need, or no further than the least scratch
// does.
//
// Memory: offsets are multiples of 16. lower_bound is the largest sum of blocks that are alive at
// one moment: no plan with these aliases can do better.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compiler/ir/graph.hpp"

namespace covey::compiler {

// Bytes that an op's kernel needs to run fast at all, and can make use of; 0 and 0: none.
struct ScratchNeed {
  int64_t least = 0, best = 0;
};
struct ScratchPlace {
  int64_t offset = -1;
  int64_t bytes = 0;
};

struct MemoryPlan {
  std::vector<int64_t> offsets;       // one a tensor; -1: not in the arena
  std::vector<ScratchPlace> scratch;  // one a node
  int64_t arena_bytes = 0;
  int64_t lower_bound = 0;
};

// `scratch` has one entry a node, or none at all.
MemoryPlan PlanMemory(const Graph& graph, const std::vector<ScratchNeed>& scratch = {});

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
