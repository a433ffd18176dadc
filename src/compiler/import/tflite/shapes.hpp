// Shapes that a .tflite file leaves open. A network converted with an open batch says [-1, ...] of
// what follows it, and computes the shapes of its reshapes as it runs; a batch here is one, so all
// of them are known.
//
//   if (open) InferDims(op, code, node, graph);   // the file does not say all of the output's
//   if (FoldSmall(op, code, node, graph, budget)) ...     // the output is a constant now
#pragma once

#include <optional>
#include <vector>

#include "compiler/import/tflite/options.hpp"
#include "compiler/ir/graph.hpp"

namespace covey::compiler::tflite {

// fold_small.cc: an op of few whole constants, the shape of a tensor, or a fill; false if it is none.
// Fills take from the budget, so that a small file cannot ask for much.
bool FoldSmall(const Operator& op, Builtin code, const Node& node, Graph& graph,
               int64_t& budget_bytes);

// shapes.cc: the dimensions of the first output by those of the inputs (of all outputs, for a
// split); false if this op's are not known here.
bool InferDims(const Operator& op, Builtin code, const Node& node, Graph& graph);

}  // namespace covey::compiler::tflite
