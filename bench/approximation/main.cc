// bench_approximation: what approximation gives and costs, network by network, in one table.
//
//   bench_approximation [--network NAME]... [--board m4|m33]... [--images DIR] [--state DIR]
//                       [--chip NAME] [--chip-loops] [--quick] [--json]
//
// What was measured is kept under --state, network by network: after an end of any kind the same
// command goes on, and a network that is done is not read again.
//
// With --chip designs are chosen by their time on that chip, as the compiler estimates it
// (CompileOptions::wait), prices inside a removal and the choice of loops, too; without the published
// rule, which saves our loops no time. With --chip-loops the designs are those chosen by instructions,
// and their loops those of `covey compile --chip` for the chip that milliseconds are modelled for.
//
// Rows: CMSIS-NN's exact kernels by others' figures; our exact direct kernels; our exact best; the
// published rule (significance) at no loss on the selection set; ours at no loss and at one point.
// Columns: top-1 on the report set with its 95 % interval and the paired difference from the exact
// network; products executed; instructions and modelled milliseconds under QEMU; flash; arena.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>

#include "apps/covey/approximate/approximate.hpp"
#include "apps/covey/approximate/on_chip.hpp"
#include "apps/covey/bench/measure.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/model/file.hpp"
#include "bench/approximation/each.hpp"
#include "bench/approximation/known.hpp"
#include "bench/approximation/rows.hpp"
#include "compiler/pipeline.hpp"
#include "core/host/data_dir.hpp"
#include "serve/board/board.hpp"

namespace covey::bench {
namespace {

namespace fs = std::filesystem;
using app::Json;
using compiler::Policy;

struct Options {
  std::vector<std::string> networks, boards{"m4", "m33"};
  std::string images = "build/approximation", state, chip;
  std::optional<size_t> visits{};
  bool json = false, no_boards = false, no_report = false, quick = false;
  bool chip_loops = false;  // loops are chosen for each board's first chip
};

// Everything about one network until the report set is read.
struct Work {
  Network network;
  compiler::Graph exact;  // passes have run
  std::vector<Row> rows;
  std::vector<compiler::Graph> graphs;  // one a row that runs
};

class Bench {
 public:
  explicit Bench(const Options& options) : options_(options) {}

  Expected<std::vector<Row>> Run(const Network& network) {
    work_ = {network, {}, {}, {}};
    if (std::optional<std::vector<Row>> rows = Done(network)) return *std::move(rows);
    known_ = Known(StateOf(network, "points"), KeyOf(network));
    const Expected<void> read = known_.Load();
    if (!read) return read.error();
    const Expected<Opened> opened = Opened::Open(network);
    if (!opened) return opened.error();
    plain_bytes_ = static_cast<int64_t>(opened.value().image_bytes());
    const Expected<void> chosen = Choose(opened.value().graph(), opened.value().reader());
    if (!chosen) return chosen.error();
    if (!options_.no_report) {
      const Expected<void> reported = Report(opened.value().reader());
      if (!reported) return reported.error();
    }
    const Expected<void> measured = Measure();
    if (!measured) return measured.error();
    if (!whole()) return std::move(work_.rows);
    const std::string text = ToJson(network, work_.rows).dump(1);
    const Expected<void> kept =
        app::WriteFile(StateOf(network, RowsName()), std::as_bytes(std::span(text)));
    if (!kept) return kept.error();
    return std::move(work_.rows);
  }

 private:
  Expected<void> Choose(const compiler::Graph& graph, const app::DataReader& reader) {
    Expected<Sets> sets = ReadSets(work_.network, reader);
    if (!sets) return sets.error();
    DiagText diag;
    auto explorer = compiler::Explorer::Make(
        graph,
        {sets.value().calibrate.samples, sets.value().select.samples, sets.value().select.labels},
        {.compile = Limits(),
         .tune = {.visits = Visits(work_.network)},
         .harden = Harden(),
         .progress =
             [&](const std::string& what) {
               std::cerr << work_.network.name << ": " << what << "\n";
             },
         .recall = [&](const std::string& recipe) { return known_.Find(recipe); },
         .remember = [&](const compiler::Point& point) { known_.Add(point); }},
        diag);
    if (!explorer.ok()) return app::Explain(work_.network.name, explorer.status(), diag);
    work_.exact = explorer->study().graph();
    uint64_t macs = explorer->exact().macs;
    if (const uint64_t rival = RivalInstructions(); rival > 0) {
      work_.rows.push_back({.name = std::string("CMSIS-NN exact") +
                                    (work_.network.rival_computed ? " (computed)" : ""),
                            .macs = macs,
                            .known = rival});
      work_.graphs.emplace_back();
    }
    Add("exact, direct", "", macs, {}, work_.exact);
    Add("exact, best", "", macs, {}, work_.exact);
    for (const Policy policy : {Policy::kSignificance, Policy::kLanes}) {
      if (!options_.chip.empty()) break;
      const Expected<void> rule = AddRule(*explorer, policy);
      if (!rule) return rule.error();
    }
    for (const double points : {0.0, 1.0}) {
      auto found = compiler::FindBest(*explorer, points / 100, diag);
      if (!found.ok()) return app::Explain(work_.network.name, found.status(), diag);
      Add(points == 0 ? "ours, no loss" : "ours, 1 point", found->best.point, found->best.graph);
    }
    return {};
  }

  bool whole() const { return !options_.no_report && !options_.no_boards; }
  const char* RowsName() const {
    return options_.quick ? "rows-quick" : options_.chip_loops ? "rows-chip-loops" : "rows";
  }
  // What an earlier run ended with, if it left nothing out.
  std::optional<std::vector<Row>> Done(const Network& network) const {
    if (!whole()) return std::nullopt;
    const auto bytes = app::ReadFile(StateOf(network, RowsName()));
    if (!bytes) return std::nullopt;
    const auto* const text = reinterpret_cast<const char*>(bytes.value().data());
    try {
      return RowsOf(Json::parse(text, text + bytes.value().size()));
    } catch (const std::exception& what) {
      std::cerr << StateOf(network, RowsName()) << ": is not used: " << what.what() << "\n";
      return std::nullopt;
    }
  }
  std::string StateOf(const Network& network, const char* what) const {
    const std::string chip = options_.chip.empty() ? "" : "-" + options_.chip;
    return (fs::path(options_.state) / (network.name + chip + "-" + what + ".json")).string();
  }
  size_t Visits(const Network& network) const { return options_.visits.value_or(network.visits); }
  std::string KeyOf(const Network& network) const {
    return network.name + " " + std::to_string(Visits(network)) + " 3";
  }

  // What the choosing samples trained is changed until it is as hard as others are.
  std::optional<compiler::HardenOptions> Harden() const {
    if (work_.network.unseen == 0) return std::nullopt;
    return compiler::HardenOptions{.accuracy = work_.network.unseen};
  }

  const char* Objective() const { return options_.chip.empty() ? "instructions" : "latency"; }
  // The free flash of the boards that count, less what generated code takes.
  compiler::CompileOptions Limits() const {
    return {.target = compiler::Target::kCortexM,
            .flash_bytes = 900'000,
            .wait = app::WaitOf(options_.chip, Objective())};
  }

  // One threshold for all layers, as high as no loss allows; then each layer's alone.
  Expected<void> AddRule(compiler::Explorer& explorer, Policy policy) {
    DiagText diag;
    compiler::Point best = explorer.exact();
    for (const auto kind :
         {compiler::SignificanceKind::kClosed, compiler::SignificanceKind::kRunningSum}) {
      for (int step = 2; step <= 12; step += 2) {
        compiler::Recipe recipe;
        recipe.policy = policy, recipe.kind = kind, recipe.thresholds = {0.001 * step};
        auto point = explorer.PointOf(recipe, diag);
        if (!point.ok()) return app::Explain(work_.network.name, point.status(), diag);
        if (point->loss > 0.05) break;  // more only loses more
        if (point->loss <= 0 && point->macs < best.macs) best = *point;
      }
    }
    const auto tried = explorer.Try(best.recipe, diag);
    if (!tried.ok()) return app::Explain(work_.network.name, tried.status(), diag);
    Add(std::string(compiler::PolicyName(policy)) + ", no loss", best, tried->graph);
    return {};
  }

  void Add(const std::string& name, const compiler::Point& point, const compiler::Graph& graph) {
    Add(name, point.recipe.Text(), point.macs, point.accuracy, graph);
  }
  void Add(const std::string& name, const std::string& recipe, uint64_t macs,
           const std::optional<compiler::Accuracy>& select, const compiler::Graph& graph) {
    work_.rows.push_back({.name = name, .recipe = recipe, .macs = macs, .select = select});
    work_.graphs.push_back(graph);
  }

  uint64_t RivalInstructions() const {
    if (work_.network.rival > 0) return work_.network.rival;
    if (!work_.network.rival_computed) return 0;
    double sum = 0;
    for (const compiler::Layer& layer : compiler::LayersOf(work_.exact)) {
      const double per_mac = !layer.window          ? 1.95
                             : layer.operands < 100 ? 4.82
                             : layer.operands < 400 ? 1.93
                                                    : 1.76;
      sum += per_mac * static_cast<double>(layer.macs());
    }
    return static_cast<uint64_t>(sum);
  }

  // The report set, once, for all rows.
  Expected<void> Report(const app::DataReader& reader) {
    const Expected<app::LabelledBytes> report = ReadReport(work_.network, reader);
    if (!report) return report.error();
    DiagText diag;
    const auto exact = compiler::AnswersOf(work_.exact, report.value().samples, nullptr, diag);
    if (!exact.ok()) return app::Explain(work_.network.name, exact.status(), diag);
    for (size_t r = 0; r < work_.rows.size(); ++r) {
      if (work_.graphs[r].nodes.empty()) continue;
      const auto answers =
          compiler::AnswersOf(work_.graphs[r], report.value().samples, nullptr, diag);
      if (!answers.ok()) return app::Explain(work_.network.name, answers.status(), diag);
      work_.rows[r].report = compiler::Compare(*exact, *answers, report.value().labels);
      work_.rows[r].agreement = compiler::Agreement(*exact, *answers);
    }
    return {};
  }

  Expected<void> Measure() {
    std::error_code error;
    fs::create_directories(options_.images, error);
    for (size_t r = 0; r < work_.rows.size(); ++r) {
      if (work_.graphs[r].nodes.empty()) continue;
      if (options_.no_boards) {
        const auto made = Image(r, "");
        if (!made) return made.error();
        continue;
      }
      for (const std::string& board : options_.boards) {
        const Expected<void> measured = MeasureOn(board, r);
        if (!measured) return measured;
      }
    }
    return {};
  }

  struct Made {
    std::string path;
    std::vector<std::byte> bytes;
  };
  // A row's image, in a file; `board`: of the loops for that board's chip.
  Expected<Made> Image(size_t r, const std::string& board) {
    Row& row = work_.rows[r];
    DiagText diag;
    compiler::CompileOptions how = Limits();
    // No room for transformed weights: direct loops everywhere.
    if (row.name == "exact, direct") how.flash_bytes = plain_bytes_ + 64;
    const bool loops = options_.chip_loops && !board.empty();
    if (loops) how.wait = app::WaitOf(app::ChipsOf(board).front().name, "latency");
    const auto image = compiler::Compile(work_.graphs[r], diag, how);
    if (!image.ok()) return app::Explain(row.name, image.status(), diag);
    std::string file =
        work_.network.name + options_.chip + "-" + row.name + (loops ? "-" + board : "") + ".covey";
    std::replace_if(
        file.begin(), file.end(), [](char c) { return c == ' ' || c == ','; }, '_');
    Made made{(fs::path(options_.images) / file).string(), *image};
    const Expected<void> written = app::WriteFile(made.path, made.bytes);
    if (!written) return written.error();
    row.flash = made.bytes.size();
    return made;
  }

  Expected<void> MeasureOn(const std::string& board, size_t r) {
    Row& row = work_.rows[r];
    const auto made = Image(r, board);
    if (!made) return made.error();
    if (options_.quick) return Count(made.value().bytes, board, row);
    std::cerr << work_.network.name << ": " << row.name << " on " << board << "\n";
    const auto figures = app::Measure(made.value().path, {.board = board, .timeout_s = 900});
    if (!figures) return figures.error();
    row.arena = figures.value().arena_bytes;
    if (figures.value().size) row.flash = figures.value().size->flash();
    BoardFigures one{
        .board = board,
        .instructions = figures.value().generated.value_or(figures.value().interpreted)};
    if (!figures.value().chips.empty()) {
      one.milliseconds = figures.value().chips.front().milliseconds();
      one.chip = figures.value().chips.front().chip.name;
    }
    for (const std::string& note : figures.value().notes) std::cerr << "note: " << note << "\n";
    row.boards.push_back(one);
    return {};
  }

  // The interpreter's instructions alone.
  Expected<void> Count(const std::vector<std::byte>& bytes, const std::string& board, Row& row) {
    const app::ImageBytes image(bytes);
    DiagText diag;
    const auto view = wire::ImageView::Read(image.span(), diag);
    if (!view.ok()) return app::Explain(row.name, view.status(), diag);
    size_t input = 0;
    for (uint16_t i = 0; i < view->input_count(); ++i)
      input += view->tensor(view->input_tensor(i)).bytes;
    const std::vector<std::byte> zeros(input);
    serve::BoardJob job;
    job.board = board, job.image = image.span(), job.inputs = zeros;
    const auto ran = serve::RunOnBoard(job, diag);
    if (!ran.ok()) return app::Explain(row.name, ran.status(), diag);
    row.arena = view->header().arena_bytes;
    row.boards.push_back({.board = board, .instructions = ran->instructions.at(0)});
    return {};
  }

  const Options& options_;
  Work work_;
  Known known_;
  int64_t plain_bytes_ = 0;
};

int Run(const Options& options) {
  if (!DataDir()) {
    std::cerr << "COVEY_DATA: absent; this comparison needs real data\n";
    return 1;
  }
  Json json = Json::array();
  bool good = true;
  if (!options.json)
    std::cout << "Instructions are exact counts of generated C++ under QEMU; milliseconds are "
                 "modelled (docs/guide/bench.md), for the STM32L4R5\nand the STM32U575. CMSIS-NN: "
                 "measured by others. Top-1 on the report set, which nothing was chosen on.\n";
  for (const Network& network : Networks(options.networks)) {
    Bench bench(options);
    const Expected<std::vector<Row>> rows = bench.Run(network);
    if (!rows) {
      app::PrintFailure(rows.error(), false);
      good = false;
      continue;
    }
    json.push_back(ToJson(network, rows.value()));
    if (!options.json)
      std::cout << "\n" << TableOf(network, rows.value(), options.boards) << std::flush;
  }
  if (options.json) app::PrintJson(std::cout, json);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace covey::bench

int main(int argc, char** argv) {
  CLI::App app("What approximation gives and costs, network by network");
  covey::bench::Options options;
  covey::bench::AddNetworks(app, options.networks);
  app.add_option("--board", options.boards, "m4, m33 (default: both)")
      ->check(CLI::IsMember({"m4", "m33"}));
  app.add_option("--images", options.images, "where the images go (default build/approximation)");
  std::vector<std::string> chips;
  for (const covey::app::Chip& chip : covey::app::Chips()) chips.emplace_back(chip.name);
  app.add_option("--chip", options.chip,
                 "choose by modelled time on this chip instead of by instructions")
      ->check(CLI::IsMember(chips));
  app.add_option("--state", options.state, "what is kept between runs (default: with the images)");
  app.add_option(
      "--visits", options.visits,
      "samples that one tuning looks at, instead of each network's number; 0: no tuning");
  app.add_flag("--chip-loops", options.chip_loops,
               "the same designs, loops chosen for each board's chip: STM32L4R5, STM32U575");
  app.add_flag("--no-boards", options.no_boards, "choose and report only, count nothing");
  app.add_flag("--quick", options.quick,
               "count the interpreter's instructions only: no generated code, no milliseconds; "
               "flash is that of the image");
  app.add_flag("--no-report", options.no_report, "leave the report set unread: for development");
  app.add_flag("--json", options.json, "all figures as JSON");
  CLI11_PARSE(app, argc, argv);
  if (options.state.empty()) options.state = options.images;
  std::error_code error;
  std::filesystem::create_directories(options.state, error);  // else writing tells
  return covey::bench::Run(options);
}
