// LayerTableOf describes a network to the planner: a layer an op, in the order of a chunk's range.
//
//   COVEY_TRY_ASSIGN(const compiler::Graph ready, compiler::Prepare(graph, diag));
//   COVEY_TRY_ASSIGN(plan::LayerTable table, LayerTableOf(ready, diag));
//   // table.cuts[i].bytes == compiler::CutBytes(ready, i)
//
// Errors: as plan::FillCuts.
#pragma once

#include "compiler/chunk/chunk.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"
#include "plan/cost/layer.hpp"

namespace covey::serve {

Result<plan::LayerTable> LayerTableOf(const compiler::Graph& graph);

}  // namespace covey::serve
