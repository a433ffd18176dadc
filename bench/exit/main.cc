// bench_exit: what an early exit gives and costs, network by network.
//
//   bench_exit [--network NAME]... [--max-loss POINTS]... [--board m4|m33] [--flash BYTES]
//              [--remove]
//
// A head is fitted to the layer that saves most (`covey compile --attach-exit auto`), on samples
// that calibrate; samples that choose say how sure it must be; the table is of the report set, the
// sets of bench/approximation. Instructions are counted under QEMU, of a run that ends early and of
// one in full, whose bytes must be the host's; the mean is their sum by shares. With --remove what
// does not matter is left out first, untuned, for half of the loss (`covey compile --remove`); all
// columns are then of both together against the exact network.

#include <iostream>

#include "apps/covey/approximate/early_exit.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/table.hpp"
#include "apps/covey/model/file.hpp"
#include "bench/approximation/each.hpp"
#include "compiler/approximate/explorer.hpp"
#include "compiler/pipeline.hpp"
#include "core/host/diag_text.hpp"
#include "serve/board/board.hpp"

namespace covey::bench {
namespace {

using app::EarlyExit;
using app::Fixed;
using app::Thousands;

struct Options {
  std::vector<std::string> networks;
  std::vector<double> losses = {0, 1};
  std::string board = "m4";
  int64_t flash = 900000;
  bool remove = false;
};

struct Instructions {
  uint64_t exact = 0, early = 0, full = 0;
};

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options),
        table_({"network", "removed", "exit behind", ">ops over", ">margin", ">early", ">top-1",
                "less exact, points (95 %)", ">exact", ">early", ">in full", ">mean", ">saved"}) {}

  Expected<void> Run(const Network& network) {
    DiagText diag;
    const Expected<Whole> whole = ReadWhole(network, true);
    if (!whole) return whole.error();
    const app::ThreeParts& parts = whole.value().parts;
    compiler::Graph graph = whole.value().network.graph();
    const Status passed = compiler::RunPasses(graph, diag);
    if (!passed.ok()) return app::Explain(network.model, passed, diag);
    const auto target = compiler::TargetOf(options_.board, diag);
    if (!target.ok()) return app::Explain(options_.board, target.status(), diag);
    app::ExitJob anywhere;
    anywhere.attach = "auto";
    for (const double loss : options_.losses) {
      const compiler::CompileOptions how{.target = *target, .flash_bytes = options_.flash};
      Base base{"-", graph, loss};
      if (options_.remove) {
        Expected<Base> less = Remove(network, whole.value(), how, loss);
        if (!less) return less.error();
        base = std::move(less.value());
      }
      const auto made = app::FindExit({network.model, base.graph, parts, anywhere, how, base.loss});
      if (!made) {
        std::cerr << made.error().message << '\n';
        continue;
      }
      const Expected<void> added = Add(network, graph, base, made.value(), parts.report, how);
      if (!added) return added;
    }
    return {};
  }

  std::string Text() const { return table_.Text(); }

 private:
  // What an exit is fitted to.
  struct Base {
    std::string removed;
    compiler::Graph graph;  // passes have run
    double loss = 0;        // that is left for the exit
  };
  Expected<Base> Remove(const Network& network, const Whole& whole,
                        const compiler::CompileOptions& how, double loss) {
    DiagText diag;
    Expected<compiler::Explorer> explorer = Untuned(network, whole, how);
    if (!explorer) return explorer.error();
    auto found = compiler::FindBest(explorer.value(), loss / 200, diag);
    if (!found.ok()) return app::Explain(network.model, found.status(), diag);
    Base base{found->best.point.recipe.Text(), std::move(found->best.graph), loss / 2};
    const Status passed = compiler::RunPasses(base.graph, diag);
    if (!passed.ok()) return app::Explain(base.removed, passed, diag);
    return base;
  }

  // Of what was made against the exact network.
  static Expected<compiler::Accuracy> Compared(const compiler::Graph& exact, const EarlyExit& made,
                                               const app::LabelledBytes& report) {
    DiagText diag;
    const auto before = compiler::AnswersOf(exact, report.samples, nullptr, diag);
    if (!before.ok()) return app::Explain("exact", before.status(), diag);
    const auto after = compiler::AnswersOf(made.graph, report.samples, nullptr, diag);
    if (!after.ok()) return app::Explain("exit", after.status(), diag);
    return compiler::Compare(*before, *after, report.labels);
  }

  // A sample that ends early and one that does not; the table's row.
  Expected<void> Add(const Network& network, const compiler::Graph& exact, const Base& base,
                     const EarlyExit& made, const app::LabelledBytes& report,
                     const compiler::CompileOptions& how) {
    const Expected<Instructions> counts = Count(exact, made.graph, report, how);
    if (!counts) return counts.error();
    const Instructions& n = counts.value();
    const compiler::ExitCost cost{static_cast<int64_t>(n.early), static_cast<int64_t>(n.full)};
    const double mean = cost.Mean(made.reported.share);
    const Expected<compiler::Accuracy> accuracy = Compared(exact, made, report);
    if (!accuracy) return accuracy.error();
    const compiler::Proportion off = accuracy.value().difference;
    size_t over = 0;
    for (size_t i = 0; i < made.graph.nodes.size(); ++i)
      over += static_cast<size_t>(compiler::SkippedBehind(made.graph, i));
    table_.Add({network.name, base.removed, made.place.substr(0, 24), std::to_string(over),
                std::to_string(made.rule.margin), Fixed(100 * made.reported.share, 1) + " %",
                Fixed(100 * accuracy.value().top1.value, 2),
                Fixed(100 * off.value, 2) + " (" + Fixed(100 * off.low, 2) + " to " +
                    Fixed(100 * off.high, 2) + ")",
                Thousands(n.exact), Thousands(n.early), Thousands(n.full),
                Thousands(static_cast<uint64_t>(mean)),
                Fixed(100 * (1 - mean / static_cast<double>(n.exact)), 1) + " %"});
    return {};
  }

  Expected<Instructions> Count(const compiler::Graph& exact, const compiler::Graph& made,
                               const app::LabelledBytes& report,
                               const compiler::CompileOptions& how) {
    constexpr size_t kTried = 400;
    const size_t each = report.samples.inputs[0].size() / report.samples.count;
    DiagText diag;
    const auto whole = OnBoard(exact, std::span(report.samples.inputs[0]).first(each), how);
    if (!whole) return whole.error();
    Instructions n{.exact = whole.value().instructions[0]};
    // Few samples at a time until one of either kind is there.
    for (size_t s = 0; s < std::min(kTried, report.samples.count) && !Both(n); s += 8) {
      const size_t some = std::min<size_t>(8, report.samples.count - s);
      const auto inputs = std::span(report.samples.inputs[0]).subspan(s * each, some * each);
      const auto run = OnBoard(made, inputs, how);
      if (!run) return run.error();
      const auto host = compiler::AnswersOf(
          made, {.count = some, .inputs = {{inputs.begin(), inputs.end()}}}, nullptr, diag);
      if (!host.ok()) return app::Explain("host", host.status(), diag);
      const Expected<void> same = SameBest(run.value(), *host);
      if (!same) return same.error();
      for (const uint64_t count : run.value().instructions) {
        n.early = n.early == 0 ? count : std::min(n.early, count);
        n.full = std::max(n.full, count);
      }
    }
    return n;
  }

  // Counts of one kind of run differ by less than a hundredth.
  static bool Both(const Instructions& n) { return n.full - n.early > n.full / 100; }

  static Expected<void> SameBest(const serve::BoardRun& run, const compiler::Answers& host) {
    const size_t classes = run.outputs.size() / host.samples;
    for (size_t s = 0; s < host.samples; ++s) {
      const auto* scores = reinterpret_cast<const int8_t*>(run.outputs.data() + s * classes);
      const auto best = std::max_element(scores, scores + classes) - scores;
      if (best != host.best[s])
        return app::MakeError(Code::kInternal, "the board's answer is not the host's");
    }
    return {};
  }

  Expected<serve::BoardRun> OnBoard(const compiler::Graph& graph, std::span<const std::byte> inputs,
                                    const compiler::CompileOptions& how) {
    DiagText diag;
    const auto image = compiler::Compile(graph, diag, how);
    if (!image.ok()) return app::Explain(graph.name, image.status(), diag);
    const auto run =
        serve::RunOnBoard({.board = options_.board, .image = *image, .inputs = inputs}, diag);
    if (!run.ok()) return app::Explain(options_.board, run.status(), diag);
    return *run;
  }

  const Options& options_;
  app::Table table_;
};

void AddOptions(CLI::App& app, Options& options) {
  app.add_option("--max-loss", options.losses, "points of top-1; default 0 and 1");
  app.add_option("--board", options.board, "m4 (default) or m33");
  app.add_option("--flash", options.flash, "bytes that an image may take");
  app.add_flag("--remove", options.remove,
               "leave out what does not matter first, for half the loss");
}

}  // namespace
}  // namespace covey::bench

int main(int argc, char** argv) {
  using namespace covey::bench;
  return EachMain<Bench, Options>(argc, argv, "What an early exit gives and costs", AddOptions);
}
