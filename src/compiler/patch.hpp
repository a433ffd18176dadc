// FitPatches finds the way to run the first stage in patches (passes/split.hpp) that keeps a limit
// on RAM and costs least; a network that keeps the limit as it is, at no more than a tenth more
// instructions than without one, stays as it is.
//
//   COVEY_TRY_ASSIGN(const Patched patched, FitPatches(graph, options, diag));
//
// If nothing keeps the limit, the graph is the one that needs the least RAM: emitting it says what
// is missing.
#pragma once

#include "compiler/compile.hpp"

namespace covey::compiler {

struct Patched {
  Graph graph;
  PatchNotes notes;
};

Result<Patched> FitPatches(const Graph& graph, const CompileOptions& options, Diag& diag);

}  // namespace covey::compiler
