// ScratchOf asks the kernels of a target how much scratch they can use for an op.
//
//   const ScratchNeed need = ScratchOf(ViewOf(graph, node, lowered), Target::kCortexM);
#pragma once

#include "compiler/compile.hpp"
#include "compiler/memory/plan.hpp"
#include "core/op_view.hpp"

namespace covey::compiler {

ScratchNeed ScratchOf(const OpView& view, Target target);

}  // namespace covey::compiler
