// Backward carries an error's slopes through the ops that have no weights to move: from an op's
// output to its inputs, in steps of each.
//
//   if (!HasBackward(graph, node, lowered)) ...           // no rule for it: no tuning
//   Backward(graph, node, lowered, batch, slopes);        // adds to slopes of the node's inputs
//
// Shapes: a batch of one sample; slopes[tensor] has an entry for each of its elements, or none
// where it is not wanted.
#pragma once

#include <vector>

#include "compiler/ir/graph.hpp"
#include "compiler/lower/lower.hpp"
#include "compiler/quantize/batch.hpp"

namespace covey::compiler {

bool HasBackward(const Graph& graph, const Node& node, const Lowered& lowered);
void Backward(const Graph& graph, const Node& node, const Lowered& lowered,
              const Batch<std::byte>& batch, std::vector<std::vector<float>>& slopes);

}  // namespace covey::compiler
