#include "compiler/memory/plan.hpp"

#include <algorithm>

#include "compiler/memory/lifetimes.hpp"

namespace covey::compiler {
namespace {

// A concatenation that joins tensors where they lie keeps room for all of them from the first one
// on: where that costs more than it saves, it copies.
Lifetimes BestLifetimes(const Graph& graph, std::span<const OpView> views) {
  std::set<size_t> copied;
  Lifetimes all(graph, views);
  int64_t least = LowerBound(all.problem());
  for (const size_t node : all.joining()) {
    copied.insert(node);
    const int64_t bound = LowerBound(Lifetimes(graph, views, copied).problem());
    if (bound < least) {
      least = bound;
    } else {
      copied.erase(node);
    }
  }
  return Lifetimes(graph, views, copied);
}

}  // namespace

MemoryPlan PlanMemory(const Graph& graph, std::span<const OpView> views,
                      const std::vector<std::vector<Offer>>& offers, const Bounds& bounds) {
  const Lifetimes lifetimes = BestLifetimes(graph, views);
  const Problem& tensors = lifetimes.problem();
  const Choice choice = bounds.arena == kNoLimit ? ChooseUsual(tensors, offers, bounds.flash)
                                                 : Choose(tensors, offers, bounds);
  const std::vector<Block>& blocks = choice.problem.blocks;
  MemoryPlan plan;
  plan.arena_bytes = choice.arena_bytes;
  plan.lower_bound = LowerBound(choice.problem);
  plan.instructions = choice.instructions;
  const int last = std::max(static_cast<int>(graph.nodes.size()) - 1, 0);
  plan.highest = std::clamp(HighestMoment(choice.problem), 0, last);
  plan.offsets.assign(graph.tensors.size(), -1);
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const int block = lifetimes.block_of(t);
    if (block >= 0)
      plan.offsets[t] = blocks[static_cast<size_t>(block)].offset + lifetimes.within(t);
  }
  plan.scratch.resize(graph.nodes.size());
  plan.offers.resize(graph.nodes.size());
  for (size_t i = 0; i < choice.scratch.size(); ++i) {
    plan.offers[i] = offers[i][static_cast<size_t>(choice.offer[i])];
    if (choice.scratch[i] < 0) continue;
    const Block& placed = blocks[static_cast<size_t>(choice.scratch[i])];
    plan.scratch[i] = {placed.offset, placed.bytes};
  }
  return plan;
}

}  // namespace covey::compiler
