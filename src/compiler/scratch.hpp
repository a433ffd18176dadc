// ScratchOf asks the kernels of a target how much scratch they can use for a node.
//
//   const ScratchNeed need = ScratchOf(graph, node, lowered, Target::kCortexM);
#pragma once

#include "compiler/compile.hpp"
#include "compiler/lower/lower.hpp"
#include "compiler/plan_memory.hpp"

namespace covey::compiler {

ScratchNeed ScratchOf(const Graph& graph, const Node& node, const Lowered& lowered, Target target);

}  // namespace covey::compiler
