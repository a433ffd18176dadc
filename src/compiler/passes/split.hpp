// Split runs the first stage of a network in patches: bands of rows, one after the other through
// all its ops, so that the large pictures in between exist a band at a time (as MCUNetV2 does).
// Each band also computes the rows around it that its windows reach over: more multiplications, the
// same bytes.
//
//   input ====================      conv1 -> conv2 -> pool, in bands of two rows of the last:
//   conv1   ++++++                  rows 0..7 -> rows 0..5 -> rows 0..1
//   conv2    ++++                   rows 2..11 -> rows 4..9 -> rows 2..3   (halo: computed again)
//   pool  ....                      bands lie side by side in the output
//
//   for (const Split& split : SplitsOf(graph)) Graph patched = *SplitStage(graph, split);
//
// A band takes its input by a slice and hands its rows to a concatenation; both move nothing
// (kernels/overlap.hpp) where a row of 16-byte multiples allows it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/ir/graph.hpp"

namespace covey::compiler {

struct Split {
  size_t first = 0, last = 0;  // nodes of the stage, both included
  int32_t rows = 0;            // of its outputs, in each patch but the last
};

// The splits worth trying, for a graph whose order is final.
std::vector<Split> SplitsOf(const Graph& graph);

// The graph with the stage in patches; nothing if some window of it sees no row at all.
std::optional<Graph> SplitStage(const Graph& graph, const Split& split);

}  // namespace covey::compiler
