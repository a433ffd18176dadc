// PlanMemory gives each activation its place in the arena, ahead of time.
//
//   time ->   conv1   conv2   add
//   input     #####
//   a             ######### ####      each box: from the op that writes it to the last that reads
//   b                  #########      it; boxes that share a moment must not share bytes, but for
//                                     an output that runs ahead of an input that dies with its op
//
//   const MemoryPlan plan = PlanMemory(graph, views, scratch);
//
// Scratch is a block that lives for one op. It gets what it can use, as far as the arena stays below
// what the tensors would need if none ran ahead, or no further than the least scratch does.
//
// Memory: offsets are multiples of 16. No plan with this scratch can do with less than lower_bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "core/op_view.hpp"

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

// `views` and `scratch` have one entry a node, or none at all: then no output shares bytes with an
// input, and no op has scratch.
MemoryPlan PlanMemory(const Graph& graph, std::span<const OpView> views = {},
                      const std::vector<ScratchNeed>& scratch = {});

}  // namespace covey::compiler
