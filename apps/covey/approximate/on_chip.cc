#include "apps/covey/approximate/on_chip.hpp"

#include <algorithm>

#include "apps/covey/io/file.hpp"
#include "compiler/report.hpp"
#include "core/host/temp_dir.hpp"

namespace covey::app {
namespace {

using compiler::ChipCost;
using compiler::Minimise;

ChipCost CostOf(const BenchFigures& figures, size_t chip) {
  const ChipFigures& one = figures.chips[chip];
  ChipCost cost{.instructions = static_cast<int64_t>(*figures.generated),
                .milliseconds = one.milliseconds(),
                .microjoules = one.microjoules()};
  if (figures.size) cost.flash_bytes = static_cast<int64_t>(figures.size->flash());
  for (const LayerFigures& layer : figures.layers) {
    if (!layer.fetches) break;
    const Cycles cycles = ModelledCycles(one.chip, *layer.fetches, chip);
    cost.layers.push_back({cycles.total() / one.chip.clock_hz * 1e3, EnergyUj(one.chip, cycles)});
  }
  return cost;
}

constexpr Status kFailed(Code::kFailedPrecondition, "explore: a design was not measured");

Result<BenchFigures> MeasureOn(const Chip& chip, std::span<const std::byte> image, Diag& diag) {
  const TempDir dir("covey-on-chip");
  const std::string path = (dir.path() / "design.covey").string();
  const Expected<void> written = WriteFile(path, image);
  if (!written) return compiler::Refuse(diag, kFailed, path, written.error().message);
  Expected<BenchFigures> figures = Measure(path, {.board = chip.board, .progress = false});
  if (figures) return std::move(figures.value());
  const Status status(figures.error().code == static_cast<uint32_t>(Code::kResourceExhausted)
                          ? Code::kResourceExhausted
                          : Code::kFailedPrecondition,
                      "explore: a design was not measured");
  return compiler::Refuse(diag, status, chip.name, figures.error().message);
}

Result<ChipCost> Picked(const Chip& chip, const BenchFigures& figures, Diag& diag) {
  for (size_t c = 0; c < figures.chips.size(); ++c)
    if (figures.chips[c].chip.name == std::string(chip.name) && figures.generated)
      return CostOf(figures, c);
  if (figures.too_large)
    return compiler::Refuse(
        diag, {Code::kResourceExhausted, "explore: a design is larger than the board"}, chip.name,
        "the board does not hold its generated code");
  std::string why = "its fetches were not counted";
  for (const std::string& note : figures.notes) why += "; " + note;
  return compiler::Refuse(diag, kFailed, chip.name, why);
}

std::vector<Chip>::const_iterator Named(const std::string& name) {
  return std::find_if(Chips().begin(), Chips().end(),
                      [&](const Chip& one) { return name == one.name; });
}

}  // namespace

compiler::OnChip OnChip(const std::string& name, std::shared_ptr<MeasuredImages> known) {
  const auto chip = Named(name);
  return [chip, known](std::span<const std::byte> image, Diag& diag) -> Result<ChipCost> {
    Sha256 hash;
    hash.Update(image);
    const std::pair key(std::string(chip->board), hash.Finish());
    if (const auto at = known->find(key); at != known->end())
      return Picked(*chip, at->second, diag);
    COVEY_TRY_ASSIGN(const BenchFigures figures, MeasureOn(*chip, image, diag));
    known->emplace(key, figures);
    return Picked(*chip, figures, diag);
  };
}

compiler::FlashWait WaitOf(const std::string& name, const std::string& minimise) {
  const auto chip = Named(name);
  const Minimise what = MinimiseOf(minimise);
  if (chip == Chips().end() || what == Minimise::kInstructions) return {};
  return WaitFor(*chip, what == Minimise::kEnergy);
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
