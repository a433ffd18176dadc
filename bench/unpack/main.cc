// bench_unpack: where weights as code pay (compiler/approximate/unpack.hpp), network by network and
// chip by chip.
//
//   bench_unpack [--network NAME]... [--chip NAME]... [--flash BYTES]
//
// Each network exact, with units of kernels' forms removed (9 % of the instructions, untuned), and
// by the published rule (closed form, 0.004). Milliseconds are modelled for the chip from what the
// generated C++ fetches under QEMU: with loops and lists, with code where that pays, with all
// convolutions as code. No report set is read: what a design loses is another matter.

#include <iostream>

#include "apps/covey/approximate/on_chip.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/table.hpp"
#include "bench/approximation/each.hpp"
#include "compiler/approximate/explorer.hpp"
#include "compiler/approximate/unpack.hpp"
#include "compiler/pipeline.hpp"
#include "core/host/diag_text.hpp"

namespace covey::bench {
namespace {

using app::Fixed;
using app::Thousands;
using compiler::ChipCost;
using compiler::Recipe;

struct Options {
  std::vector<std::string> networks;
  std::vector<std::string> chips = {"STM32L4R5", "STM32F746", "STM32U575", "nRF5340"};
  int64_t flash = 900'000;  // what the emulated boards have room for
};

struct Design {
  std::string name;
  compiler::Graph graph;  // passes have run
};

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options),
        table_({"network", "design", "chip", ">loops, ms", ">code where it pays", ">layers",
                ">all code", ">flash, loops", ">where it pays", ">all code"}) {}

  Expected<void> Run(const Network& network) {
    const Expected<Whole> whole = ReadWhole(network, false);
    if (!whole) return whole.error();
    DiagText diag;
    how_ = {.target = compiler::Target::kCortexM, .flash_bytes = options_.flash};
    Expected<compiler::Explorer> made = Untuned(network, whole.value(), how_);
    if (!made) return made.error();
    compiler::Explorer& explorer = made.value();
    Recipe ours, rule;
    ours.policy = compiler::Policy::kOurs, ours.forms = 0.09;
    rule.policy = compiler::Policy::kSignificance, rule.thresholds = {0.004};
    for (const Recipe& recipe : {Recipe(), ours, rule}) {
      const auto tried = explorer.Try(recipe, diag);
      if (!tried.ok()) return app::Explain(recipe.Text(), tried.status(), diag);
      Design design{recipe.Text(), tried->graph};
      const Status passed = compiler::RunPasses(design.graph, diag);
      if (!passed.ok()) return app::Explain(recipe.Text(), passed, diag);
      for (const std::string& chip : options_.chips) {
        const Expected<void> added = Add(network.name, design, chip);
        if (!added) return added;
      }
    }
    return {};
  }

  std::string Text() const { return table_.Text(); }

 private:
  // Nothing: limits or the board do not hold it.
  Result<std::optional<ChipCost>> Measure(const Design& design, const compiler::OnChip& chip,
                                          const std::vector<std::string>& layers, Diag& diag) {
    compiler::CompileOptions how = how_;
    how.unpacked = layers;
    const auto image = compiler::CompilePrepared(design.graph, diag, how);
    if (image.status().code() == Code::kResourceExhausted) return std::optional<ChipCost>();
    COVEY_TRY(image.status());
    Result<ChipCost> cost = chip(*image, diag);
    if (cost.status().code() == Code::kResourceExhausted) return std::optional<ChipCost>();
    COVEY_TRY(cost.status());
    return std::optional<ChipCost>(*std::move(cost));
  }

  Expected<void> Add(const std::string& network, const Design& design, const std::string& name) {
    DiagText diag;
    const compiler::OnChip chip = app::OnChip(name, known_);
    how_.wait = app::WaitOf(name, "latency");
    const auto choice = compiler::WorthUnpacking(design.graph, {how_, chip}, diag);
    if (!choice.ok()) return app::Explain(name, choice.status(), diag);
    const auto names = compiler::UnpackableIn(design.graph, how_.target, diag);
    if (!names.ok()) return app::Explain(name, names.status(), diag);
    std::vector<std::optional<ChipCost>> costs;
    for (const std::vector<std::string>& layers :
         {std::vector<std::string>(), choice->layers, *names}) {
      auto cost = Measure(design, chip, layers, diag);
      if (!cost.ok()) return app::Explain(name, cost.status(), diag);
      costs.push_back(*std::move(cost));
    }
    const auto ms = [&](size_t i) {
      if (!costs[i]) return std::string("no room");
      const double part = costs[i]->milliseconds / costs[0]->milliseconds - 1;
      return Fixed(costs[i]->milliseconds, 1) +
             (i == 0 ? "" : " (" + std::string(part > 0 ? "+" : "") + Fixed(100 * part, 1) + " %)");
    };
    const auto flash = [&](size_t i) {
      return costs[i] ? Thousands(static_cast<uint64_t>(costs[i]->flash_bytes)) : std::string("-");
    };
    table_.Add({network, design.name, name, ms(0), ms(1),
                std::to_string(choice->layers.size()) + " of " + std::to_string(names->size()),
                ms(2), flash(0), flash(1), flash(2)});
    std::cerr << network << ": " << design.name << " on " << name << '\n';
    return {};
  }

  const Options& options_;
  app::Table table_;
  compiler::CompileOptions how_;
  std::shared_ptr<app::MeasuredImages> known_ = std::make_shared<app::MeasuredImages>();
};

void AddOptions(CLI::App& app, Options& options) {
  app.add_option("--chip", options.chips, "named chips of the m4 and m33 boards; default: four");
  app.add_option("--flash", options.flash, "limit on the image, and on the C++ with code");
}

}  // namespace
}  // namespace covey::bench

int main(int argc, char** argv) {
  using namespace covey::bench;
  return EachMain<Bench, Options>(argc, argv, "Where weights as code pay", AddOptions);
}
