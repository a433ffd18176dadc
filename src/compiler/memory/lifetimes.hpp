// Lifetimes turns a network's tensors into blocks to be placed: one for each activation, alive from
// the op that writes it to the last that reads it. A tensor that is part of another's bytes lies in
// that one's block: what a reshape or a slice makes, what a concatenation joins.
//
//   const Lifetimes lifetimes(graph, views);
//   Problem problem = lifetimes.problem();
//   const int64_t bytes = Place(problem);
//   offset of tensor t = problem.blocks[lifetimes.block_of(t)].offset + lifetimes.within(t)
//
// Where a stage runs in bands (passes/split.hpp), its output comes part by part while its input
// dies part by part: the one may follow the other through memory (Share::gradual).
//
// Moments: op i is moment i; the model's inputs live from moment -1, its outputs until after the
// last op. `views` has one entry a node (compiler/lower/op_view.hpp), or none: then only reshapes
// share bytes. `copied` nodes (concatenations) take their inputs from elsewhere.
#pragma once

#include <set>
#include <span>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "compiler/memory/blocks.hpp"
#include "compiler/memory/gradual.hpp"
#include "core/op_view.hpp"

namespace covey::compiler {

class Lifetimes {
 public:
  explicit Lifetimes(const Graph& graph, std::span<const OpView> views = {},
                     const std::set<size_t>& copied = {});

  const Problem& problem() const { return problem_; }
  // The tensor's block; -1: not in the arena.
  int block_of(size_t tensor) const { return block_of_[tensor]; }
  // Where in its block the tensor begins.
  int64_t within(size_t tensor) const { return InRoot(tensor).offset; }
  // Nodes that join tensors where they lie.
  const std::vector<size_t>& joining() const { return joining_; }

 private:
  struct Place {
    size_t root = 0;
    int64_t offset = 0;
  };

  bool InArena(int tensor) const;
  Place InRoot(size_t tensor) const;
  int64_t Bytes(size_t tensor) const;
  // The tensor becomes a part of another's bytes; false if it cannot.
  bool LieIn(size_t part, size_t whole, int64_t offset);
  void Alias(const Node& node, const OpView* view);
  bool Join(const Node& node, const OpView& view);
  bool ReadTwice(const Node& node, size_t root) const;
  void AddBlocks();
  void AddShares(const Node& node, const OpView& view, int moment);
  // What each op reads and writes of each block.
  Parts PartsOf() const;

  const Graph& graph_;
  std::vector<Place> parent_;  // of a part: the whole; of all others: themselves
  std::vector<int> block_of_;
  std::vector<size_t> joining_;
  Problem problem_;
};

}  // namespace covey::compiler
