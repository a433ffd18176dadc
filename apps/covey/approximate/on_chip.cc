#include "apps/covey/approximate/on_chip.hpp"

#include <algorithm>
#include <map>

#include "apps/covey/bench/measure.hpp"
#include "apps/covey/io/file.hpp"
#include "compiler/report.hpp"
#include "core/host/temp_dir.hpp"
#include "core/sha256.hpp"

namespace covey::app {
namespace {

using compiler::ChipCost;
using compiler::Minimise;

Result<ChipCost> MeasureOn(const Chip& chip, std::span<const std::byte> image, Diag& diag) {
  const TempDir dir("covey-on-chip");
  const std::string path = (dir.path() / "design.covey").string();
  constexpr Status kFailed(Code::kFailedPrecondition, "explore: a design was not measured");
  const Expected<void> written = WriteFile(path, image);
  if (!written) return compiler::Refuse(diag, kFailed, path, written.error().message);
  const Expected<BenchFigures> figures = Measure(path, {.board = chip.board, .progress = false});
  if (!figures) {
    const Status status(figures.error().code == static_cast<uint32_t>(Code::kResourceExhausted)
                            ? Code::kResourceExhausted
                            : Code::kFailedPrecondition,
                        "explore: a design was not measured");
    return compiler::Refuse(diag, status, chip.name, figures.error().message);
  }
  for (const ChipFigures& one : figures.value().chips)
    if (one.chip.name == std::string(chip.name) && figures.value().generated)
      return ChipCost{.instructions = static_cast<int64_t>(*figures.value().generated),
                      .milliseconds = one.milliseconds(),
                      .microjoules = one.microjoules()};
  std::string why = "its fetches were not counted";
  for (const std::string& note : figures.value().notes) why += "; " + note;
  return compiler::Refuse(diag, kFailed, chip.name, why);
}

}  // namespace

ChipCosts OnChip(const std::string& name) {
  const auto chip = std::find_if(Chips().begin(), Chips().end(),
                                 [&](const Chip& one) { return name == one.name; });
  // Designs that come out as the same bytes are measured once.
  auto known = std::make_shared<std::map<Sha256Digest, ChipCost>>();
  return [chip, known](std::span<const std::byte> image, Diag& diag) -> Result<ChipCost> {
    Sha256 hash;
    hash.Update(image);
    const Sha256Digest digest = hash.Finish();
    if (const auto at = known->find(digest); at != known->end()) return at->second;
    COVEY_TRY_ASSIGN(const ChipCost cost, MeasureOn(*chip, image, diag));
    known->emplace(digest, cost);
    return cost;
  };
}

Minimise MinimiseOf(const std::string& name) {
  if (name == "latency") return Minimise::kLatency;
  return name == "energy" ? Minimise::kEnergy : Minimise::kInstructions;
}

const char* UnitOf(Minimise minimise) {
  if (minimise == Minimise::kLatency) return "ms";
  return minimise == Minimise::kEnergy ? "uJ" : "instructions";
}

}  // namespace covey::app
