#include "compiler/memory/plan.hpp"

#include <algorithm>

#include "compiler/memory/blocks.hpp"
#include "compiler/memory/lifetimes.hpp"

namespace covey::compiler {
namespace {

// Appends a block for each node with scratch: as large as it can use and as fits below the peak.
std::vector<int> AddScratch(const std::vector<ScratchNeed>& needs, Problem& problem) {
  std::vector<int> block_of_node;
  std::vector<int64_t> live(needs.size());
  int64_t peak = LowerBound({.blocks = problem.blocks, .shares = {}});
  for (size_t i = 0; i < needs.size(); ++i) {
    live[i] = LiveAt(problem, static_cast<int>(i));
    peak = std::max(peak, live[i] + AlignUp(needs[i].least));
  }
  for (size_t i = 0; i < needs.size(); ++i) {
    block_of_node.push_back(-1);
    if (needs[i].best == 0) continue;
    const int64_t bytes = std::clamp(peak - live[i], needs[i].least, needs[i].best);
    block_of_node.back() = static_cast<int>(problem.blocks.size());
    problem.blocks.push_back(
        {.bytes = bytes, .first = static_cast<int>(i), .last = static_cast<int>(i)});
  }
  return block_of_node;
}

}  // namespace

MemoryPlan PlanMemory(const Graph& graph, std::span<const OpView> views,
                      const std::vector<ScratchNeed>& scratch) {
  const Lifetimes lifetimes(graph, views);
  Problem problem = lifetimes.problem();
  std::vector<int> block_of_node = AddScratch(scratch, problem);
  block_of_node.resize(graph.nodes.size(), -1);
  MemoryPlan plan;
  plan.lower_bound = LowerBound(problem);
  plan.arena_bytes = Place(problem);
  plan.offsets.assign(graph.tensors.size(), -1);
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const int block = lifetimes.block_of(t);
    if (block >= 0) plan.offsets[t] = problem.blocks[static_cast<size_t>(block)].offset;
  }
  for (const int block : block_of_node) {
    plan.scratch.emplace_back();
    if (block < 0) continue;
    const Block& placed = problem.blocks[static_cast<size_t>(block)];
    plan.scratch.back() = {placed.offset, placed.bytes};
  }
  return plan;
}

}  // namespace covey::compiler
