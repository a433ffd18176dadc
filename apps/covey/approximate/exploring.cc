#include "apps/covey/approximate/exploring.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "apps/covey/approximate/front.hpp"
#include "apps/covey/approximate/on_chip.hpp"
#include "apps/covey/approximate/split.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/progress.hpp"
#include "apps/covey/io/table.hpp"
#include "core/sha256.hpp"

namespace covey::app {

using compiler::AsCode;
using compiler::Explorer;
using compiler::Point;
using compiler::Policy;
using compiler::Recipe;

namespace {

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
Expected<std::string> KeyOf(const ExploreJob& options, const LabelledBytes& data) {
  const Expected<std::vector<std::byte>> model = ReadFile(options.job.model);
  if (!model) return model.error();
  Sha256 hash;
  hash.Update(model.value());
  for (const std::vector<std::byte>& input : data.samples.inputs) hash.Update(input);
  hash.Update(std::as_bytes(std::span(data.labels)));
  std::ostringstream text;
  text << "6 " COVEY_VERSION " " << options.job.target << ' ' << options.job.effort << ' '
       << options.job.seed << ' ' << options.job.max_loss << ' ' << options.job.ram.value_or(-1)
       << ' ' << options.job.flash.value_or(-1) << ' ' << options.job.chip << ' '
       << options.job.minimise << ' ' << options.job.unseen.value_or(-1) << ' '
       << options.job.unpack << ' ' << options.job.slower.value_or(kSlower) << ' '
       << options.job.scale << ' ' << options.job.zero;
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

// Weights of four bits, from a quarter of them to all; each as small as it gets, too.
void AddInt4Rows(bool tuned, std::vector<std::vector<Recipe>>& rows) {
  for (const double forms : {0.0, 0.09}) {
    std::vector<Recipe>& row = rows.emplace_back();
    for (const double int4 : {0.25, 0.5, 0.75, 1.0}) {
      row.push_back(Ours(0, forms, tuned));
      row.back().int4 = int4;
      row.push_back(row.back());
      row.back().compact = true;
    }
  }
}

// One tensor more as int16: by itself, with removals, and with weights of four bits.
void AddInt16Row(bool tuned, int int16, std::vector<std::vector<Recipe>>& rows) {
  std::vector<Recipe>& row = rows.emplace_back();
  row.push_back(Ours(0, 0, tuned));
  row.push_back(Ours(0, 0.06, tuned));
  row.push_back(Ours(0, 0, tuned));
  row.back().int4 = 1;
  row.push_back(Ours(0, 0.12, tuned));
  row.push_back(Ours(0.1, 0.06, tuned));
  for (Recipe& recipe : row) recipe.int16 = int16;
}

// What is tried, in order. The rest of a row is left when it loses too much: that depends on points
// that are known then, so that an exploration which goes on does the same.
std::vector<std::vector<Recipe>> RowsOf(bool tuned, bool on_chip, int precisions) {
  std::vector<std::vector<Recipe>> rows;
  Recipe compact;
  compact.compact = true;
  rows.push_back({Recipe(), compact});
  for (int int16 = 1; int16 <= precisions; ++int16) AddInt16Row(tuned, int16, rows);
  for (const double channels : {0.0, 0.05, 0.1, 0.16, 0.22, 0.3, 0.4, 0.5}) {
    std::vector<Recipe>& row = rows.emplace_back();
    for (const double forms : {0.0, 0.03, 0.06, 0.09, 0.12, 0.16, 0.2, 0.25, 0.3, 0.36}) {
      row.push_back(Ours(channels, forms, tuned));
      // Lists in flash against loops that look for zeros in RAM: only a chip's time tells.
      if (!on_chip || channels + forms == 0) continue;
      row.push_back(row.back());
      row.back().compact = true;
    }
    if (channels == 0) AddInt4Rows(tuned, rows);
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

}  // namespace

Expected<Exploration> Exploring::Run() {
  const Expected<void> mine = file_.Claim(options_.state);
  if (!mine) return mine.error();
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

Expected<void> Exploring::WriteImages(const Exploration& exploration, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (size_t i : FrontOf(exploration.points)) {
    const Recipe& recipe = exploration.points[i].recipe;
    std::string name = recipe.Text() + ".covey";
    std::replace(name.begin(), name.end(), ' ', '-');
    DiagText diag;
    const auto tried = explorer_->Try(recipe, diag);
    if (!tried.ok()) return Explain(recipe.Text(), tried.status(), diag);
    compiler::CompileOptions how = how_;
    if (recipe.compact) how.flash_bytes = tried->point.image_bytes;
    how.unpacked = tried->point.unpacked;
    const auto image = compiler::Compile(tried->graph, diag, how);
    if (!image.ok()) return Explain(recipe.Text(), image.status(), diag);
    const Expected<void> written =
        WriteFile((std::filesystem::path(folder) / name).string(), *image);
    if (!written) return written;
  }
  return {};
}

Expected<void> Exploring::MakeExplorer(JobData read) {
  DiagText diag;
  const Result<compiler::Target> target = compiler::TargetOf(options_.job.target, diag);
  if (!target.ok()) return Explain("explore", target.status(), diag);
  how_ = {.target = *target,
          .ram_bytes = options_.job.ram,
          .flash_bytes = options_.job.flash,
          .wait = WaitOf(options_.job.chip, options_.job.minimise)};
  const compiler::Graph graph = read.graph;
  Expected<ReadyJob> ready = ReadyOf(std::move(read), options_.job);
  if (!ready) return ready.error();
  precisions_ = PrecisionText(ready.value().floats);
  calibrate_ = ready.value().parts.calibrate.samples.count;
  select_ = ready.value().parts.select.samples.count;
  compiler::ExploreOptions how = OptionsOf(options_.job, how_);
  how.precisions = std::move(ready.value().precisions);
  auto explorer = Explorer::Make(graph, std::move(ready.value().data), std::move(how), diag);
  if (!explorer.ok()) return Explain(options_.job.model, explorer.status(), diag);
  explorer_ = std::make_unique<Explorer>(*std::move(explorer));
  return {};
}

const Point* Exploring::Known(const Recipe& recipe) const {
  for (const Point& point : state_.points)
    if (point.recipe.Text() == recipe.Text()) return &point;
  return nullptr;
}

bool Exploring::Unfit(const Recipe& recipe) const {
  return std::find(state_.unfit.begin(), state_.unfit.end(), recipe.Text()) != state_.unfit.end();
}

Expected<std::optional<Point>> Exploring::Try(const Recipe& recipe) {
  if (const Point* known = Known(recipe)) return std::optional<Point>(*known);
  if (Unfit(recipe)) return std::optional<Point>();
  DiagText diag;
  auto tried = explorer_->Try(recipe, diag);
  const bool same = tried.ok() && recipe.code != AsCode::kNone && tried->point.unpacked.empty();
  if (same || tried.status().code() == Code::kResourceExhausted) {
    state_.unfit.push_back(recipe.Text());
  } else if (!tried.ok()) {
    return Explain(recipe.Text(), tried.status(), diag);
  } else {
    state_.points.push_back(tried->point);
  }
  const Expected<void> saved = file_.Save(state_);
  if (!saved) return saved.error();
  if (same || !tried.ok()) return std::optional<Point>();
  return std::optional<Point>(tried->point);
}

Expected<void> Exploring::TryAll() {
  Progress progress("explore", options_.points);
  size_t count = 0;
  for (const std::vector<Recipe>& row :
       RowsOf(explorer_->tunes(), explorer_->on_chip(), explorer_->precisions()))
    for (const Recipe& recipe : row) {
      if (count++ == options_.points) return TryAsCode(progress);
      const Expected<std::optional<Point>> point = Try(recipe);
      if (!point) return point.error();
      progress.Step();
      Tell(point.value());
      if (point.value() && point.value()->loss > options_.job.max_loss / 100) break;
    }
  return TryAsCode(progress);
}

// What is on the front by then, with weights as code where that pays; and the published rule's
// designs as it has them, every convolution as code.
Expected<void> Exploring::TryAsCode(Progress& progress) {
  if (!explorer_->unpacks()) return {};
  std::vector<Point> loops;  // an exploration that goes on may know some as code
  for (const Point& point : state_.points)
    if (point.recipe.code == AsCode::kNone) loops.push_back(point);
  std::vector<Recipe> recipes;
  for (const size_t i : FrontOf(loops)) recipes.push_back(loops[i].recipe);
  for (Recipe& recipe : recipes) recipe.compact = false, recipe.code = AsCode::kWhereItPays;
  for (const Point& point : loops) {
    if (point.recipe.policy != Policy::kSignificance) continue;
    recipes.push_back(point.recipe);
    recipes.back().code = AsCode::kAll;
  }
  for (const Recipe& recipe : recipes) {
    const Expected<std::optional<Point>> point = Try(recipe);
    if (!point) return point.error();
    progress.Step();
    Tell(point.value());
  }
  return {};
}

void Exploring::Tell(const std::optional<Point>& point) {
  if (!point || options_.quiet) return;
  const double exact = explorer_->exact().cost;
  const Point* best = nullptr;
  for (const Point& p : state_.points)
    if (p.loss <= 0 && (best == nullptr || p.cost < best->cost)) best = &p;
  if (best == nullptr || best->recipe.Text() == told_) return;
  told_ = best->recipe.Text();
  std::cerr << "\r\033[K" << state_.points.size() << " tried; no loss seen at "
            << Fixed(100 * best->cost / exact, 1) << " % of the "
            << UnitOf(MinimiseOf(options_.job.minimise)) << ": " << told_ << "\n";
}

std::vector<LayerPrice> Exploring::Prices() const {
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
      if (cheapest == nullptr || form.option.cost < cheapest->option.cost) cheapest = &form;
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

Exploration Exploring::Describe() const {
  Exploration made;
  made.model = std::filesystem::path(options_.job.model).string();
  made.target = options_.job.target, made.data = options_.job.calibrate;
  made.labelled = explorer_->labelled();
  made.calibrate = calibrate_, made.select = select_;
  made.exact = explorer_->exact();
  made.points = state_.points;
  made.layers = Prices();
  made.chip = options_.job.chip;
  made.precisions = precisions_;
  made.minimise = MinimiseOf(options_.job.minimise);
  return made;
}

}  // namespace covey::app
