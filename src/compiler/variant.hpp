// ApplyTarget brings an op's constants into the form that a target's kernels are fastest with. The
// op computes the same bytes, on every target.
//
//   ApplyTarget(work, lowered, Target::kCortexM);   // work: a graph that may get more constants
#pragma once

#include "compiler/compile.hpp"
#include "compiler/lower/lower.hpp"

namespace covey::compiler {

void ApplyTarget(Graph& graph, const Node& node, Lowered& lowered, Target target);

}  // namespace covey::compiler
