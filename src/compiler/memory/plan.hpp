// PlanMemory gives each activation its place in the arena, ahead of time.
//
//   time ->   conv1   conv2   add
//   input     #####
//   a             ######### ####      each box: from the op that writes it to the last that reads
//   b                  #########      it; boxes that share a moment must not share bytes, but for
//                                     an output that runs ahead of an input that dies with its op
//
//   const MemoryPlan plan = PlanMemory(graph, views, offers);
//
// Scratch is a block that lives for one op; how much each op gets is chosen with the arena's limit
// (choose.hpp). Without a limit the arena stays below what the tensors would need if none ran
// ahead, or no further above than the least scratch of some op takes it.
//
// Memory: offsets are multiples of 16. No plan with this scratch can do with less than lower_bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "compiler/memory/choose.hpp"
#include "core/op_view.hpp"

namespace covey::compiler {

struct ScratchPlace {
  int64_t offset = -1;
  int64_t bytes = 0;
};

struct MemoryPlan {
  std::vector<int64_t> offsets;       // one a tensor; -1: not in the arena
  std::vector<ScratchPlace> scratch;  // one a node
  std::vector<Offer> offers;          // the chosen one of each node
  int64_t arena_bytes = 0;
  int64_t lower_bound = 0;
  int64_t instructions = 0;  // as the offers estimate them
  int highest = 0;           // the node during which most is alive
};

// `views` and `offers` have one entry a node, or none at all: then no output shares bytes with an
// input, and no op has scratch. If nothing keeps bounds.arena, the plan is the smallest there is.
MemoryPlan PlanMemory(const Graph& graph, std::span<const OpView> views = {},
                      const std::vector<std::vector<Offer>>& offers = {},
                      const Bounds& bounds = {});

}  // namespace covey::compiler
