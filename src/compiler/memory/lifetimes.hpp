// Lifetimes turns a network's tensors into blocks to be placed: one for each activation, alive from
// the op that writes it to the last that reads it. A tensor that is another's bytes under a new
// shape (reshape) lies in that one's block.
//
//   const Lifetimes lifetimes(graph, views);
//   const int64_t bytes = Place(problem = lifetimes.problem());
//   offset of tensor t = problem.blocks[lifetimes.block_of(t)].offset
//
// Moments: op i is moment i; the model's inputs live from moment -1, its outputs until after the
// last op. `views` has one entry a node (compiler/lower/op_view.hpp), or none: then no output
// shares bytes with an input.
#pragma once

#include <span>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "compiler/memory/blocks.hpp"
#include "core/op_view.hpp"

namespace covey::compiler {

class Lifetimes {
 public:
  explicit Lifetimes(const Graph& graph, std::span<const OpView> views = {});

  const Problem& problem() const { return problem_; }
  // The tensor's block; -1: not in the arena.
  int block_of(size_t tensor) const { return block_of_[tensor]; }

 private:
  bool InArena(int tensor) const;
  void SetLast(int tensor, int moment);
  void Add(int tensor, int moment);
  void AddOutputs(const Node& node, int moment);
  void AddShares(const Node& node, const OpView& view, int moment);

  const Graph& graph_;
  std::vector<int> block_of_;
  std::vector<int> last_;  // moment at which a tensor is read last
  Problem problem_;
};

}  // namespace covey::compiler
