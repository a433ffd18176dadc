// covey explore MODEL --calibrate DATA --report report.html: the designs of an approximated network
// between cost and loss.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>

#include "apps/covey/approximate/approximate.hpp"
#include "apps/covey/approximate/front.hpp"
#include "apps/covey/approximate/page.hpp"
#include "apps/covey/approximate/split.hpp"
#include "apps/covey/approximate/state.hpp"
#include "apps/covey/bench/measure.hpp"
#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/io/table.hpp"
#include "core/host/temp_dir.hpp"
#include "core/sha256.hpp"

namespace covey::app {
namespace {

using compiler::Explorer;
using compiler::Point;
using compiler::Policy;
using compiler::Recipe;

struct Options {
  ApproximateJob job;
  std::string report, csv, state, images, chip;
  size_t points = 80;
  bool json = false;
};

std::string Hex(const Sha256Digest& digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::byte byte : digest) {
    text += kDigits[static_cast<size_t>(byte) >> 4];
    text += kDigits[static_cast<size_t>(byte) & 15];
  }
  return text;
}

// Model, data and options, as far as results depend on them; and the program itself.
Expected<std::string> KeyOf(const Options& options, const LabelledBytes& data) {
  const Expected<std::vector<std::byte>> model = ReadFile(options.job.model);
  if (!model) return model.error();
  Sha256 hash;
  hash.Update(model.value());
  for (const std::vector<std::byte>& input : data.samples.inputs) hash.Update(input);
  hash.Update(std::as_bytes(std::span(data.labels)));
  std::ostringstream text;
  text << "3 " COVEY_VERSION " " << options.job.target << ' ' << options.job.effort << ' '
       << options.job.seed << ' ' << options.job.max_loss << ' ' << options.job.ram.value_or(-1)
       << ' ' << options.job.flash.value_or(-1);
  const std::string words = text.str();
  hash.Update(std::as_bytes(std::span(words)));
  return Hex(hash.Finish());
}

Recipe Ours(double channels, double forms, bool tuned) {
  Recipe recipe;
  recipe.policy = Policy::kOurs, recipe.channels = channels, recipe.forms = forms;
  recipe.tuned = tuned;
  return recipe;
}

// What is tried, in order. The rest of a row is left when it loses too much: that depends on points
// that are known then, so that an exploration which goes on does the same.
std::vector<std::vector<Recipe>> RowsOf(bool tuned) {
  std::vector<std::vector<Recipe>> rows;
  Recipe compact;
  compact.compact = true;
  rows.push_back({Recipe(), compact});
  for (const double channels : {0.0, 0.05, 0.1, 0.16, 0.22, 0.3, 0.4, 0.5}) {
    std::vector<Recipe>& row = rows.emplace_back();
    for (const double forms : {0.0, 0.03, 0.06, 0.09, 0.12, 0.16, 0.2, 0.25, 0.3, 0.36})
      row.push_back(Ours(channels, forms, tuned));
  }
  for (const Policy policy : {Policy::kSignificance, Policy::kLanes})
    for (const auto kind :
         {compiler::SignificanceKind::kClosed, compiler::SignificanceKind::kRunningSum}) {
      std::vector<Recipe>& row = rows.emplace_back();
      for (int step = 1; step <= 8; ++step) {
        Recipe recipe;
        recipe.policy = policy, recipe.kind = kind, recipe.thresholds = {0.0015 * step};
        row.push_back(recipe);
      }
    }
  for (const double channels : {0.05, 0.1, 0.16, 0.3}) {
    Recipe recipe = Ours(channels, 0, tuned);
    recipe.compact = true;
    rows.push_back({recipe});
  }
  return rows;
}

class Exploring {
 public:
  explicit Exploring(const Options& options) : options_(options) {}

  Expected<Exploration> Run() {
    Expected<JobData> read = ReadJobData(options_.job);
    if (!read) return read.error();
    const Expected<std::string> key = KeyOf(options_, read.value().data);
    if (!key) return key.error();
    Expected<ExploreState> state = LoadState(options_.state, key.value());
    if (!state) return state.error();
    state_ = std::move(state.value());
    resumed_ = state_.points.size() + state_.unfit.size();
    const Expected<void> made = MakeExplorer(std::move(read.value()));
    if (!made) return made.error();
    const Expected<void> tried = TryAll();
    if (!tried) return tried.error();
    return Describe();
  }

  size_t resumed() const { return resumed_; }

  // The images of the front.
  Expected<void> WriteImages(const Exploration& exploration) {
    std::error_code error;
    std::filesystem::create_directories(options_.images, error);
    for (size_t i : FrontOf(exploration.points)) {
      const Recipe& recipe = exploration.points[i].recipe;
      std::string name = recipe.Text() + ".covey";
      std::replace(name.begin(), name.end(), ' ', '-');
      DiagText diag;
      const auto tried = explorer_->Try(recipe, diag);
      if (!tried.ok()) return Explain(recipe.Text(), tried.status(), diag);
      compiler::CompileOptions how = how_;
      if (recipe.compact) how.flash_bytes = tried->point.image_bytes;
      const auto image = compiler::Compile(tried->graph, diag, how);
      if (!image.ok()) return Explain(recipe.Text(), image.status(), diag);
      const Expected<void> written =
          WriteFile((std::filesystem::path(options_.images) / name).string(), *image);
      if (!written) return written;
    }
    return {};
  }

 private:
  Expected<void> MakeExplorer(JobData read) {
    DiagText diag;
    const Result<compiler::Target> target = compiler::TargetOf(options_.job.target, diag);
    if (!target.ok()) return Explain("explore", target.status(), diag);
    how_ = {.target = *target, .ram_bytes = options_.job.ram, .flash_bytes = options_.job.flash};
    ThreeParts parts = SplitInThree(read.data, options_.job.seed);
    calibrate_ = parts.calibrate.samples.count, select_ = parts.select.samples.count;
    auto explorer =
        Explorer::Make(read.graph,
                       {std::move(parts.calibrate.samples), std::move(parts.select.samples),
                        std::move(parts.select.labels)},
                       {.compile = how_, .tune = TuningOf(options_.job)}, diag);
    if (!explorer.ok()) return Explain(options_.job.model, explorer.status(), diag);
    explorer_ = std::make_unique<Explorer>(*std::move(explorer));
    return {};
  }

  const Point* Known(const Recipe& recipe) const {
    for (const Point& point : state_.points)
      if (point.recipe.Text() == recipe.Text()) return &point;
    return nullptr;
  }
  bool Unfit(const Recipe& recipe) const {
    return std::find(state_.unfit.begin(), state_.unfit.end(), recipe.Text()) != state_.unfit.end();
  }

  // The point, or nothing if the limits do not hold it.
  Expected<std::optional<Point>> Try(const Recipe& recipe) {
    if (const Point* known = Known(recipe)) return std::optional<Point>(*known);
    if (Unfit(recipe)) return std::optional<Point>();
    DiagText diag;
    auto tried = explorer_->Try(recipe, diag);
    if (tried.status().code() == Code::kResourceExhausted) {
      state_.unfit.push_back(recipe.Text());
    } else if (!tried.ok()) {
      return Explain(recipe.Text(), tried.status(), diag);
    } else {
      state_.points.push_back(tried->point);
    }
    const Expected<void> saved = SaveState(options_.state, state_);
    if (!saved) return saved.error();
    if (!tried.ok()) return std::optional<Point>();
    return std::optional<Point>(tried->point);
  }

  Expected<void> TryAll() {
    Progress progress("explore", options_.points);
    size_t count = 0;
    for (const std::vector<Recipe>& row : RowsOf(explorer_->tunes())) {
      for (const Recipe& recipe : row) {
        if (count++ == options_.points) return {};
        const Expected<std::optional<Point>> point = Try(recipe);
        if (!point) return point.error();
        progress.Step();
        Tell(point.value());
        if (point.value() && point.value()->loss > options_.job.max_loss / 100) break;
      }
    }
    return {};
  }

  // The front so far, where a person looks on.
  void Tell(const std::optional<Point>& point) {
    if (!point || options_.json) return;
    const double exact = static_cast<double>(explorer_->exact().instructions);
    const Point* best = nullptr;
    for (const Point& p : state_.points)
      if (p.loss <= 0 && (best == nullptr || p.instructions < best->instructions)) best = &p;
    if (best == nullptr || best->recipe.Text() == told_) return;
    told_ = best->recipe.Text();
    std::cerr << "\r\033[K" << state_.points.size() << " tried; no loss seen at "
              << Fixed(100 * static_cast<double>(best->instructions) / exact, 1)
              << " % of the instructions: " << told_ << "\n";
  }

  std::vector<LayerPrice> Prices() const {
    const compiler::Study& study = explorer_->study();
    std::vector<LayerPrice> prices;
    for (size_t l = 0; l < study.layers().size(); ++l) {
      const compiler::Layer& layer = study.layers()[l];
      LayerPrice& price = prices.emplace_back();
      price.name = study.graph().nodes[layer.node].name;
      price.op = OpName(study.graph().nodes[layer.node].op);
      price.macs = static_cast<uint64_t>(layer.macs());
      price.sensitivity = study.sensitivity()[l] * layer.rows;
      const compiler::FormTrace* cheapest = nullptr;
      for (const compiler::FormTrace& form : study.forms()[l])
        if (cheapest == nullptr || form.option.instructions < cheapest->option.instructions)
          cheapest = &form;
      if (cheapest == nullptr) continue;
      for (const double part : {0.1, 0.25, 0.5}) {
        double sum = 0;
        for (const compiler::BlockTrace& block : cheapest->blocks) {
          const auto units = static_cast<size_t>(part * cheapest->option.units);
          for (size_t k = 0; k < std::min(units, block.cost.size()); ++k) sum += block.cost[k];
        }
        price.errors.push_back(sum);
      }
    }
    return prices;
  }

  Expected<Exploration> Describe() {
    Exploration made;
    made.model = std::filesystem::path(options_.job.model).string();
    made.target = options_.job.target, made.data = options_.job.calibrate;
    made.labelled = explorer_->labelled();
    made.calibrate = calibrate_, made.select = select_;
    made.exact = explorer_->exact();
    made.points = state_.points;
    made.layers = Prices();
    const Expected<void> timed = Time(made);
    if (!timed) return timed.error();
    return made;
  }

  // What an instruction of the exact network takes on the named chip.
  Expected<void> Time(Exploration& made) {
    if (options_.chip.empty()) return {};
    const auto chip = std::find_if(Chips().begin(), Chips().end(),
                                   [&](const Chip& one) { return options_.chip == one.name; });
    const TempDir dir("covey-explore");
    DiagText diag;
    const auto image = compiler::Compile(explorer_->study().graph(), diag, {.target = how_.target});
    if (!image.ok()) return Explain(options_.job.model, image.status(), diag);
    const std::string path = (dir.path() / "exact.covey").string();
    const Expected<void> written = WriteFile(path, *image);
    if (!written) return written;
    const Expected<BenchFigures> figures = app::Measure(path, {.board = chip->board});
    if (!figures) return figures.error();
    for (const ChipFigures& one : figures.value().chips) {
      if (options_.chip != one.chip.name || !figures.value().generated) continue;
      made.chip = one.chip.name;
      made.ms_per_instruction =
          one.milliseconds() / static_cast<double>(*figures.value().generated);
    }
    return {};
  }

  const Options& options_;
  ExploreState state_;
  std::unique_ptr<Explorer> explorer_;
  compiler::CompileOptions how_;
  size_t calibrate_ = 0, select_ = 0, resumed_ = 0;
  std::string told_;
};

std::string CsvOf(const Exploration& made) {
  std::ostringstream text;
  text << "recipe,policy,estimated_instructions,macs,image_bytes,arena_bytes,agreement,top1,"
          "difference,difference_low,difference_high,front\n";
  const std::vector<size_t> front = FrontOf(made.points);
  for (size_t i = 0; i < made.points.size(); ++i) {
    const Point& p = made.points[i];
    text << p.recipe.Text() << ',' << compiler::PolicyName(p.recipe.policy) << ',' << p.instructions
         << ',' << p.macs << ',' << p.image_bytes << ',' << p.arena_bytes << ',' << p.agreement
         << ',';
    if (p.accuracy) {
      text << p.accuracy->top1.value << ',' << p.accuracy->difference.value << ','
           << p.accuracy->difference.low << ',' << p.accuracy->difference.high;
    } else {
      text << ",,,";
    }
    text << ',' << (std::find(front.begin(), front.end(), i) != front.end() ? 1 : 0) << '\n';
  }
  return text.str();
}

Expected<void> WriteText(const std::string& path, const std::string& text) {
  return path.empty() ? Expected<void>() : WriteFile(path, std::as_bytes(std::span(text)));
}

std::string TextOf(const Exploration& made, size_t resumed) {
  Table table({"recipe", ">instructions", ">saved", ">image", ">arena", "less exact (95 %)"});
  for (size_t i : FrontOf(made.points)) {
    const Point& p = made.points[i];
    const double saved =
        1 - static_cast<double>(p.instructions) / static_cast<double>(made.exact.instructions);
    std::string off = Fixed(100 * p.agreement, 2) + " % agree";
    if (p.accuracy) {
      off = Fixed(100 * p.accuracy->difference.value, 2) + " (" +
            Fixed(100 * p.accuracy->difference.low, 2) + " to " +
            Fixed(100 * p.accuracy->difference.high, 2) + ")";
    }
    table.Add({p.recipe.Text(), Thousands(static_cast<unsigned long long>(p.instructions)),
               Fixed(100 * saved, 1) + " %",
               Thousands(static_cast<unsigned long long>(p.image_bytes)),
               Thousands(static_cast<unsigned long long>(p.arena_bytes)), off});
  }
  return table.Text() + std::to_string(made.points.size()) + " designs" +
         (resumed > 0 ? ", " + std::to_string(resumed) + " known from before" : "") +
         "; the front by estimate, differences in points on " + std::to_string(made.select) +
         " samples that chose\n";
}

int Explore(const Options& given) {
  Options options = given;
  if (options.state.empty()) options.state = options.report + ".state.json";
  Exploring exploring(options);
  const Expected<Exploration> made = exploring.Run();
  if (!made) return Fail(made.error(), options.json);
  Expected<void> written = WriteText(options.report, ReportPage(made.value()));
  if (written) written = WriteText(options.csv, CsvOf(made.value()));
  if (written && !options.images.empty()) written = exploring.WriteImages(made.value());
  if (!written) return Fail(written.error(), options.json);
  if (!options.json) {
    std::cout << TextOf(made.value(), exploring.resumed()) << options.report << '\n';
    return kDone;
  }
  Json points = Json::array();
  for (const Point& point : made.value().points) points.push_back(PointJson(point));
  PrintJson(std::cout, {{"model", options.job.model},
                        {"target", options.job.target},
                        {"report", options.report},
                        {"calibrate_samples", made.value().calibrate},
                        {"select_samples", made.value().select},
                        {"labels", made.value().labelled},
                        {"resumed", exploring.resumed()},
                        {"exact", PointJson(made.value().exact)},
                        {"points", points},
                        {"front", FrontOf(made.value().points)}});
  return kDone;
}

constexpr char kFooter[] =
    "Each design is tried with the network as it then is: refitted, compiled, run over samples\n"
    "that did not make it. What is known is kept in the state file: after an end of any kind the\n"
    "same command goes on.\n"
    "Examples:\n"
    "  covey explore net.onnx --calibrate train.tar --report net.html --target m33\n"
    "  covey explore net.tflite --calibrate samples/ --labels labels.csv --report net.html \\\n"
    "      --flash 512k --ram 64k --chip STM32U575 --csv net.csv --images front/";

}  // namespace

void AddExplore(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  options->job.target = "m4", options->job.max_loss = 3;
  CLI::App* command = app.add_subcommand(
      "explore", "Find designs of a network between cost and accuracy, and show them on a page");
  command->add_option("MODEL", options->job.model, "an int8 .tflite or .onnx file")->required();
  command
      ->add_option("--calibrate", options->job.calibrate,
                   "samples, as for compile: a third calibrates, a third chooses, a third is left")
      ->required();
  command->add_option("--labels", options->job.labels, "a class number a line, for --calibrate");
  command->add_option("--type", options->job.type, "of raw samples, as for compile")
      ->check(CLI::IsMember({"int8", "uint8", "float32", "cifar10"}));
  command->add_option("--samples", options->job.samples, "most samples to use (default 12000)")
      ->check(CLI::Range(1, 1000000));
  command
      ->add_option("--effort", options->job.effort,
                   "quick: layer by layer only; normal (default): tuned; thorough: longer")
      ->check(CLI::IsMember({"quick", "normal", "thorough"}));
  command->add_option("--seed", options->job.seed, "of the split in three (default 1)")
      ->check(WholeNumber(UINT32_MAX));
  command->add_option("--report", options->report, "the page to write (HTML)")->required();
  command->add_option("--csv", options->csv, "all points as CSV");
  command->add_option("--state", options->state,
                      "what is known so far; default: the report's name and .state.json");
  command->add_option("--images", options->images, "a folder for the images of the front");
  command->add_option("--target", options->job.target, "m4 (default), m33, m55 or rv32")
      ->check(CLI::IsMember({"m33", "m4", "m55", "rv32"}));
  command->add_option("--ram", options->job.ram, "bytes that the arena may take (64k)")
      ->transform(WholeBytes());
  command->add_option("--flash", options->job.flash, "bytes that the image may take (512k)")
      ->transform(WholeBytes());
  command
      ->add_option("--most-loss", options->job.max_loss,
                   "points of accuracy at which a row of designs ends (default 3)")
      ->check(NumberFrom(0, 100));
  command->add_option("--points", options->points, "most designs to try (default 80)")
      ->check(CLI::Range(1, 100000));
  std::vector<std::string> chips;
  for (const Chip& chip : Chips()) chips.emplace_back(chip.name);
  command
      ->add_option("--chip", options->chip,
                   "milliseconds as modelled for this chip (docs/guide/bench.md); runs the exact "
                   "network under QEMU once")
      ->check(CLI::IsMember(chips));
  command->add_flag("--json", options->json, "print all points as JSON");
  command->footer(kFooter);
  command->callback([=, &chosen] { chosen = [=] { return Explore(*options); }; });
}

}  // namespace covey::app
