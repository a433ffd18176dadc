// ViewOf shows a lowered node as the kernels see it, without activations: types, dimensions,
// attributes, constants. For what the kernels say about an op before it runs: scratch, overlap,
// cost.
//
//   const OpView view = ViewOf(graph, node, lowered);
//
// Memory: borrows from graph, node and lowered.
#pragma once

#include <vector>

#include "compiler/ir/graph.hpp"
#include "compiler/lower/lower.hpp"
#include "core/op_view.hpp"

namespace covey::compiler {

// More inputs or outputs than an op may have are left out.
OpView ViewOf(const Graph& graph, const Node& node, const Lowered& lowered);
std::vector<OpView> ViewsOf(const Graph& graph, const std::vector<Lowered>& lowered);

}  // namespace covey::compiler
