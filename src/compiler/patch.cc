#include "compiler/patch.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "compiler/emit.hpp"
#include "compiler/passes/split.hpp"

namespace covey::compiler {
namespace {

// A network that fits runs in patches all the same where it would otherwise take loops that are so
// much slower.
constexpr double kWorthPatches = 1.1;

// Whether `a` is the better way: within the limit, then cheap; above it, then small.
bool Better(const Footprint& a, uint64_t macs_a, const Footprint& b, uint64_t macs_b,
            int64_t limit) {
  const bool fits_a = a.arena_bytes <= limit, fits_b = b.arena_bytes <= limit;
  if (fits_a != fits_b) return fits_a;
  if (!fits_a) return a.arena_bytes < b.arena_bytes;
  if (a.cost != b.cost) return a.cost < b.cost;
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

namespace {

struct Candidate {
  Split split;
  uint64_t macs = 0;
};

// Those that multiply least come first.
std::vector<Candidate> CandidatesOf(const Graph& graph) {
  std::vector<Candidate> candidates;
  for (const Split& split : SplitsOf(graph))
    if (const std::optional<Graph> patched = SplitStage(graph, split))
      candidates.push_back({split, Summarise(*patched).macs});
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.macs < b.macs; });
  return candidates;
}

}  // namespace

Result<Patched> FitPatches(const Graph& graph, const CompileOptions& options, Diag& diag) {
  Patched best{graph, {}};
  if (!options.ram_bytes) return best;
  const int64_t limit = *options.ram_bytes;
  COVEY_TRY_ASSIGN(Footprint least, FootprintOf(graph, options, diag));
  CompileOptions free = options;
  free.ram_bytes.reset();
  COVEY_TRY_ASSIGN(const Footprint usual, FootprintOf(graph, free, diag));
  const auto dear = static_cast<double>(usual.cost) * kWorthPatches;
  if (least.arena_bytes <= limit &&
      (options.flash_bytes || static_cast<double>(least.cost) <= dear)) {
    return best;
  }
  const uint64_t macs_before = Summarise(graph).macs;
  uint64_t fewest = macs_before;
  for (const Candidate& candidate : CandidatesOf(graph)) {
    // No loops within the limit are faster than those without it.
    const double at_best = static_cast<double>(usual.cost) * static_cast<double>(candidate.macs) /
                           static_cast<double>(macs_before);
    const bool fits = least.arena_bytes <= limit;
    if (fits && at_best >= static_cast<double>(least.cost)) break;
    std::optional<Graph> patched = SplitStage(graph, candidate.split);
    NoDiag silent;  // what cannot be lowered in patches is no fault of the network
    const Result<int64_t> bound = ArenaBoundOf(*patched, silent);
    if (!bound.ok() || *bound > std::max(limit, fits ? limit : least.arena_bytes)) continue;
    const Result<Footprint> footprint = FootprintOf(*patched, options, silent);
    if (!footprint.ok()) continue;
    if (!Better(*footprint, candidate.macs, least, fewest, limit)) continue;
    least = *footprint;
    fewest = candidate.macs;
    best = {*std::move(patched), NotesOf(graph, candidate.split, macs_before, candidate.macs)};
    best.notes.instructions_before = usual.instructions;
    best.notes.instructions_after = footprint->instructions;
  }
  return best;
}

}  // namespace covey::compiler
