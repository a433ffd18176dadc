// bench_rotation: DS-CNN's 700 keywords are too few for one third of them to tell a loss of half a
// point from none, so their thirds take turns: each calibrates once, chooses once and reports once,
// and what is reported is put together.
//
//   bench_rotation [--seed N] [--visits N] [--json]
//
// A row is a way to choose, not one network: three designs, each judged on keywords that neither
// made nor chose it. Rows: ours at no loss; ours and the published rule with a fifth of the products
// skipped, whichever loses least on the choosing third.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <utility>

#include "apps/covey/approximate/split.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/json.hpp"
#include "bench/approximation/sets.hpp"
#include "compiler/approximate/explorer.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"

namespace covey::bench {
namespace {

using app::Json;
using app::LabelledBytes;
using compiler::Explorer;
using compiler::Policy;
using compiler::Recipe;
using compiler::Tried;

struct Options {
  uint32_t seed = kKeywordSeed;
  size_t visits = 8000;
  bool json = false;
};

constexpr double kSkipped = 0.2;

struct Design {
  std::string recipe;
  double skipped = 0, saved = 0;  // parts of the products, of the estimated instructions
  compiler::Accuracy report;
};
struct Row {
  std::string name;
  std::vector<Design> designs{};
  compiler::Answers exact{}, answers{};  // of all reports, one after the other
  std::vector<int> labels{};
};

void Append(const compiler::Answers& from, compiler::Answers& to) {
  to.samples += from.samples;
  to.outputs.insert(to.outputs.end(), from.outputs.begin(), from.outputs.end());
  to.best.insert(to.best.end(), from.best.begin(), from.best.end());
}

// Recipes that may skip a fifth: more and more units beside whole channels, or higher thresholds.
std::vector<std::vector<Recipe>> Ours(bool tunes) {
  std::vector<std::vector<Recipe>> ways;
  for (const double channels : {0.0, 0.05, 0.1})
    for (const bool tuned : {false, true}) {
      if (tuned && !tunes) continue;
      std::vector<Recipe>& way = ways.emplace_back();
      for (int step = 1; step <= 30; ++step) {
        Recipe& recipe = way.emplace_back();
        recipe.policy = Policy::kOurs, recipe.channels = channels, recipe.forms = 0.005 * step;
        recipe.tuned = tuned;
      }
    }
  return ways;
}
std::vector<std::vector<Recipe>> Published() {
  std::vector<std::vector<Recipe>> ways;
  for (const auto kind :
       {compiler::SignificanceKind::kClosed, compiler::SignificanceKind::kRunningSum}) {
    std::vector<Recipe>& way = ways.emplace_back();
    for (int step = 1; step <= 40; ++step) {
      Recipe& recipe = way.emplace_back();
      recipe.policy = Policy::kSignificance, recipe.kind = kind;
      recipe.thresholds = {0.002 * step};
    }
  }
  return ways;
}

// Of each way the first that skips a fifth of the products; of those what loses least.
Result<Tried> LeastLoss(Explorer& explorer, const std::vector<std::vector<Recipe>>& ways,
                        Diag& diag) {
  std::optional<compiler::Point> best;
  for (const std::vector<Recipe>& way : ways)
    for (const Recipe& recipe : way) {
      // Tuning takes long and skips as much as the same without it.
      Recipe plain = recipe;
      plain.tuned = false;
      COVEY_TRY_ASSIGN(compiler::Point point, explorer.PointOf(plain, diag));
      const auto most = (1 - kSkipped) * static_cast<double>(explorer.exact().macs);
      if (static_cast<double>(point.macs) > most) continue;
      if (recipe.tuned) {
        COVEY_TRY_ASSIGN(point, explorer.PointOf(recipe, diag));
      }
      if (static_cast<double>(point.macs) > most) continue;
      if (!best || point.loss < best->loss) best = point;
      break;
    }
  if (!best) {
    diag.Report({.subject = "DS-CNN", .problem = "has no design that skips a fifth"});
    return Status{Code::kNotFound, "rotation: nothing skips a fifth of the products"};
  }
  return explorer.Try(best->recipe, diag);
}

class Rotation {
 public:
  explicit Rotation(const Options& options) : options_(options) {}

  Expected<void> Run() {
    const Network network = Networks({"DS-CNN"}).at(0);
    const Expected<Opened> opened = Opened::Open(network);
    if (!opened) return opened.error();
    const Expected<LabelledBytes> all = ReadKeywords(opened.value().reader());
    if (!all) return all.error();
    for (size_t turn = 0; turn < 3; ++turn) {
      std::cerr << "turn " << turn + 1 << " of 3\n";
      const Expected<void> ran =
          Turn(opened.value().graph(), app::SplitInThree(all.value(), options_.seed), turn);
      if (!ran) return ran.error();
    }
    return {};
  }

  Json ToJson() const {
    Json rows = Json::array();
    for (const Row& row : rows_) {
      const auto all = compiler::Compare(row.exact, row.answers, row.labels);
      Json designs = Json::array();
      for (const Design& design : row.designs)
        designs.push_back({{"recipe", design.recipe},
                           {"products_skipped", design.skipped},
                           {"instructions_saved_estimated", design.saved},
                           {"difference", design.report.difference.value}});
      rows.push_back({{"name", row.name},
                      {"samples", row.exact.samples},
                      {"top1", all.top1.value},
                      {"difference", all.difference.value},
                      {"low", all.difference.low},
                      {"high", all.difference.high},
                      {"agreement", compiler::Agreement(row.exact, row.answers)},
                      {"designs", designs}});
    }
    return rows;
  }

  void Print() const {
    for (const Json& row : ToJson()) {
      std::printf(
          "%s: %zu keywords, top-1 %.2f %%, less exact %+.2f points (%.2f to %.2f), agrees on %.1f "
          "%%\n",
          row.at("name").get<std::string>().c_str(), row.at("samples").get<size_t>(),
          100 * row.at("top1").get<double>(), 100 * row.at("difference").get<double>(),
          100 * row.at("low").get<double>(), 100 * row.at("high").get<double>(),
          100 * row.at("agreement").get<double>());
      for (const Json& design : row.at("designs"))
        std::printf(
            "  %-40s %5.1f %% of the products, %5.1f %% of the instructions (estimate), %+.2f "
            "points\n",
            design.at("recipe").get<std::string>().c_str(),
            -100 * design.at("products_skipped").get<double>(),
            -100 * design.at("instructions_saved_estimated").get<double>(),
            100 * design.at("difference").get<double>());
    }
  }

 private:
  Expected<void> Turn(const compiler::Graph& graph, app::ThreeParts parts, size_t turn) {
    for (size_t i = 0; i < turn; ++i) {
      std::swap(parts.calibrate, parts.select);
      std::swap(parts.select, parts.report);
    }
    DiagText diag;
    auto explorer =
        Explorer::Make(graph, {parts.calibrate.samples, parts.select.samples, parts.select.labels},
                       {.compile = {.target = compiler::Target::kCortexM, .flash_bytes = 900'000},
                        .tune = {.visits = options_.visits},
                        .progress = [](const std::string& what) { std::cerr << what << "\n"; }},
                       diag);
    if (!explorer.ok()) return app::Explain("DS-CNN", explorer.status(), diag);
    const auto best = compiler::FindBest(*explorer, 0, diag);
    if (!best.ok()) return app::Explain("DS-CNN", best.status(), diag);
    const auto ours = LeastLoss(*explorer, Ours(explorer->tunes()), diag);
    if (!ours.ok()) return app::Explain("DS-CNN", ours.status(), diag);
    const auto rule = LeastLoss(*explorer, Published(), diag);
    if (!rule.ok()) return app::Explain("DS-CNN", rule.status(), diag);
    const std::pair<const char*, const Tried*> rows[] = {
        {"ours, no loss", &best->best},
        {"ours, a fifth skipped", &*ours},
        {"published rule, a fifth skipped", &*rule}};
    for (size_t r = 0; r < std::size(rows); ++r) {
      if (rows_.size() == r) rows_.push_back({.name = rows[r].first});
      const auto added = Add(*explorer, *rows[r].second, parts.report, rows_[r]);
      if (!added) return added.error();
    }
    return {};
  }

  static Expected<void> Add(const Explorer& explorer, const Tried& tried,
                            const LabelledBytes& report, Row& row) {
    DiagText diag;
    const auto exact = compiler::AnswersOf(explorer.study().graph(), report.samples, nullptr, diag);
    if (!exact.ok()) return app::Explain("DS-CNN", exact.status(), diag);
    const auto answers = compiler::AnswersOf(tried.graph, report.samples, nullptr, diag);
    if (!answers.ok()) return app::Explain("DS-CNN", answers.status(), diag);
    const auto part = [](auto now, auto before) {
      return 1 - static_cast<double>(now) / static_cast<double>(before);
    };
    row.designs.push_back({.recipe = tried.point.recipe.Text(),
                           .skipped = part(tried.point.macs, explorer.exact().macs),
                           .saved = part(tried.point.instructions, explorer.exact().instructions),
                           .report = compiler::Compare(*exact, *answers, report.labels)});
    Append(*exact, row.exact), Append(*answers, row.answers);
    row.labels.insert(row.labels.end(), report.labels.begin(), report.labels.end());
    return {};
  }

  const Options options_;
  std::vector<Row> rows_;
};

int Run(const Options& options) {
  if (!DataDir()) {
    std::cerr << "COVEY_DATA: absent; this comparison needs real data\n";
    return 2;
  }
  Rotation rotation(options);
  const Expected<void> ran = rotation.Run();
  if (!ran) {
    app::PrintFailure(ran.error(), options.json);
    return 1;
  }
  if (options.json) {
    app::PrintJson(std::cout, rotation.ToJson());
  } else {
    rotation.Print();
  }
  return 0;
}

}  // namespace
}  // namespace covey::bench

int main(int argc, char** argv) {
  CLI::App app("Approximations of DS-CNN judged on every keyword: thirds of the set take turns");
  covey::bench::Options options;
  app.add_option("--seed", options.seed, "of the split (default: that of bench_approximation)");
  app.add_option("--visits", options.visits, "samples that one tuning looks at; 0: no tuning");
  app.add_flag("--json", options.json, "all figures as JSON");
  CLI11_PARSE(app, argc, argv);
  return covey::bench::Run(options);
}
