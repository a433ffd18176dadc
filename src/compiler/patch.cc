#include "compiler/patch.hpp"

#include <optional>
#include <utility>

#include "compiler/emit.hpp"
#include "compiler/passes/split.hpp"

namespace covey::compiler {
namespace {

// Whether `a` is the better way: within the limit, then cheap; above it, then small.
bool Better(const Footprint& a, uint64_t macs_a, const Footprint& b, uint64_t macs_b,
            int64_t limit) {
  const bool fits_a = a.arena_bytes <= limit, fits_b = b.arena_bytes <= limit;
  if (fits_a != fits_b) return fits_a;
  if (!fits_a) return a.arena_bytes < b.arena_bytes;
  if (a.instructions != b.instructions) return a.instructions < b.instructions;
  return macs_a < macs_b;
}

PatchNotes NotesOf(const Graph& graph, const Split& split, uint64_t macs_before,
                   uint64_t macs_after) {
  const Node& last = graph.nodes[split.last];
  const int32_t height = graph.tensors[static_cast<size_t>(last.outputs[0])].dims[1];
  return {.patches = (height + split.rows - 1) / split.rows,
          .rows = split.rows,
          .first = graph.nodes[split.first].name,
          .last = last.name,
          .macs_before = macs_before,
          .macs_after = macs_after};
}

}  // namespace

Result<Patched> FitPatches(const Graph& graph, const CompileOptions& options, Diag& diag) {
  Patched best{graph, {}};
  if (!options.ram_bytes) return best;
  COVEY_TRY_ASSIGN(Footprint least, FootprintOf(graph, options, diag));
  if (least.arena_bytes <= *options.ram_bytes) return best;
  const uint64_t macs_before = Summarise(graph).macs;
  uint64_t fewest = macs_before;
  for (const Split& split : SplitsOf(graph)) {
    std::optional<Graph> patched = SplitStage(graph, split);
    if (!patched) continue;
    NoDiag silent;  // what cannot be lowered in patches is no fault of the network
    const Result<Footprint> footprint = FootprintOf(*patched, options, silent);
    if (!footprint.ok()) continue;
    const uint64_t macs = Summarise(*patched).macs;
    if (!Better(*footprint, macs, least, fewest, *options.ram_bytes)) continue;
    least = *footprint;
    fewest = macs;
    best = {*std::move(patched), NotesOf(graph, split, macs_before, macs)};
    best.notes.instructions_after = footprint->instructions;
  }
  if (best.notes.patches > 0) {
    CompileOptions free = options;
    free.ram_bytes.reset();
    COVEY_TRY_ASSIGN(const Footprint usual, FootprintOf(graph, free, diag));
    best.notes.instructions_before = usual.instructions;
  }
  return best;
}

}  // namespace covey::compiler
