#include "compiler/approximate/explorer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "compiler/approximate/narrow.hpp"
#include "compiler/approximate/unpack.hpp"
#include "compiler/emit.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {
namespace {

// The least price at which a removal saves the wanted part of the instructions, or all there is.
template <typename At, typename Saved>
Removal BySaving(double wanted, At at, Saved saved) {
  double low = 1e-12, high = 1e3;
  if (wanted <= 0) return at(0);
  if (saved(at(high)) < wanted) return at(high);
  for (int step = 0; step < 60; ++step) {
    const double middle = std::sqrt(low * high);
    (saved(at(middle)) >= wanted ? high : low) = middle;
  }
  return at(high);
}

Removal ChannelsSaving(const Study& study, double part, double all) {
  return BySaving(
      part * all, [&](double price) { return study.ChannelsByPrice(price); },
      [&](const Removal& removal) {
        double saved = 0;
        for (size_t s = 0; s < removal.units.size(); ++s)
          saved += static_cast<double>(removal.units[s]) * study.unit_cost()[s];
        return saved;
      });
}
Removal FormsSaving(const Study& study, double part, double all) {
  return BySaving(
      part * all, [&](double price) { return study.FormsByPrice(price); },
      [&](const Removal& removal) { return study.SavedBy(removal); });
}

// Each row in one list of rules, which is empty.
std::vector<std::vector<Pattern>> NoPatterns(const Graph& graph) {
  std::vector<std::vector<Pattern>> patterns;
  for (const Layer& layer : LayersOf(graph)) {
    Pattern& all = patterns.emplace_back().emplace_back();
    all.rows.resize(static_cast<size_t>(layer.rows));
    std::iota(all.rows.begin(), all.rows.end(), 0);
  }
  return patterns;
}

// Notes on layers, by name; the exact network's products beside those that are left.
std::vector<LayerNote> NotesOf(const Graph& graph, const Study& exact, const Study& study,
                               const Study::Patterns* patterns, const Removal* removal) {
  std::vector<LayerNote> notes;
  const std::vector<Layer> now = LayersOf(graph);
  for (size_t l = 0; l < now.size(); ++l) {
    LayerNote note;
    const Node& node = graph.nodes[now[l].node];
    note.op = OpName(node.op), note.name = node.name;
    note.macs = static_cast<uint64_t>(now[l].macs());
    if (l < exact.layers().size())
      note.macs_exact = static_cast<uint64_t>(exact.layers()[l].macs());
    if (removal != nullptr && l < removal->forms.size() && removal->forms[l].form >= 0) {
      const FormRemoval& form = removal->forms[l];
      const SkipOption& option = study.forms()[l][static_cast<size_t>(form.form)].option;
      note.form = SkipFormName(option.form);
      note.removed = static_cast<double>(form.units()) /
                     (static_cast<double>(option.blocks) * static_cast<double>(option.units));
    } else if (patterns != nullptr) {
      size_t gone = 0;
      for (const Pattern& pattern : (*patterns)[l])
        gone += pattern.rows.size() * pattern.zero.size();
      note.removed = static_cast<double>(gone) / static_cast<double>(now[l].weights.size());
    }
    note.macs = static_cast<uint64_t>(static_cast<double>(note.macs) * (1 - note.removed));
    if (now[l].most < 127) note.form += note.form.empty() ? "int4" : ", int4";
    notes.push_back(std::move(note));
  }
  return notes;
}

// Layers that run with int16 activations: nothing is removed there.
void AddWideNotes(const Graph& graph, std::vector<LayerNote>& notes) {
  const Summary summary = Summarise(graph);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const bool weighs = node.op == Op::kConv2D || node.op == Op::kFullyConnected ||
                        node.op == Op::kDepthwiseConv2D || node.op == Op::kAdd;
    if (!weighs || TensorOf(graph, node.outputs[0]).dtype != DType::kInt16) continue;
    const uint64_t macs = summary.ops[i].macs;
    notes.push_back({OpName(node.op), node.name, macs, macs, "int16", 0});
  }
}

}  // namespace

const char* PolicyName(Policy policy) {
  switch (policy) {
    case Policy::kExact:
      return "exact";
    case Policy::kOurs:
      return "ours";
    case Policy::kSignificance:
      return "significance";
    case Policy::kLanes:
      return "significance-lanes";
  }
  return "?";
}

std::string Recipe::Text() const {
  std::string text = PolicyName(policy);
  char number[64];
  if (policy == Policy::kOurs) {
    std::snprintf(number, sizeof(number), " channels %.3f forms %.3f", channels, forms);
    text += number;
    if (tuned) text += " tuned";
    std::snprintf(number, sizeof(number), " int4 %.2f", int4);
    if (int4 > 0) text += number;
    if (int16 > 0) text += " int16 " + std::to_string(int16);
  } else if (policy != Policy::kExact) {
    text += kind == SignificanceKind::kClosed ? " closed" : " running-sum";
    for (double threshold : thresholds) {
      std::snprintf(number, sizeof(number), " %.4f", threshold);
      text += number;
    }
  }
  if (compact) text += " compact";
  if (code != AsCode::kNone) text += code == AsCode::kAll ? " all as code" : " as code";
  return text;
}

Result<Explorer> Explorer::Make(const Graph& graph, ExploreData data, ExploreOptions options,
                                Diag& diag) {
  Explorer explorer;
  explorer.data_ = std::move(data);
  explorer.options_ = std::move(options);
  COVEY_TRY(CheckGraph(graph, diag));
  Graph work = graph;
  COVEY_TRY(RunPasses(work, diag));
  COVEY_TRY(CheckByteSamples(work, explorer.data_.select, diag));
  explorer.Say("calibrating");
  explorer.studied_ = EvenlyPicked(explorer.data_.calibrate, explorer.options_.studied);
  COVEY_TRY_ASSIGN(Study study, Study::Make(work, explorer.studied_, explorer.Studying(), diag));
  if (study.layers().empty()) {
    return Refuse(diag, {Code::kFailedPrecondition, "approximate: nothing to approximate"},
                  graph.name, "has no int8 convolution or fully connected layer");
  }
  explorer.study_ = std::make_shared<const Study>(std::move(study));
  if (const auto& harden = explorer.options_.harden) {
    COVEY_TRY_ASSIGN(Hard hard,
                     Hardened(work, explorer.data_.select, explorer.data_.labels, *harden, diag));
    explorer.data_.select = std::move(hard.samples), explorer.data_.labels = std::move(hard.labels);
    explorer.repeats_ = harden->copies, explorer.hardness_ = hard.strength;
    char text[96];
    std::snprintf(text, sizeof(text), "hardened by %.2f: right on %.1f %%, before on %.1f %%",
                  hard.strength, 100 * hard.after, 100 * hard.before);
    explorer.Say(text);
  }
  if (explorer.data_.floats) {
    explorer.exact_answers_ = *explorer.data_.floats;
  } else {
    COVEY_TRY_ASSIGN(explorer.exact_answers_,
                     AnswersOf(work, explorer.data_.select, nullptr, diag));
  }
  COVEY_TRY_ASSIGN(const std::vector<std::byte> plain, Compile(work, diag));
  explorer.plain_bytes_ = static_cast<int64_t>(plain.size());
  // The exact network may break the limits that an approximated one keeps.
  const CompileOptions limits = explorer.options_.compile;
  explorer.options_.compile.ram_bytes.reset(), explorer.options_.compile.flash_bytes.reset();
  COVEY_TRY_ASSIGN(Tried exact, explorer.Measure({}, explorer.study_->graph(), *explorer.study_,
                                                 nullptr, nullptr, diag));
  explorer.exact_ = std::move(exact.point);
  explorer.tunes_ = explorer.options_.tune.visits > 0 && CanTune(work);
  explorer.options_.compile = limits;
  return explorer;
}

// The network before anything is removed, with so many tensors as int16.
Result<std::shared_ptr<const Study>> Explorer::BaseOf(int int16, Diag& diag) {
  if (int16 <= 0) return study_;
  if (int16 > precisions())
    return Refuse(diag, {Code::kInvalidArgument, "approximate: no such precision"},
                  "int16 " + std::to_string(int16),
                  "the network has " + std::to_string(precisions()) + " steps of it");
  std::shared_ptr<const Study>& base = bases_[int16];
  if (base != nullptr) return base;
  Say("looking at operands, int16 " + std::to_string(int16));
  Graph graph = options_.precisions.at(static_cast<size_t>(int16) - 1);
  COVEY_TRY(RunPasses(graph, diag));
  COVEY_TRY_ASSIGN(Study study, Study::Make(std::move(graph), studied_, Studying(), diag));
  base = std::make_shared<const Study>(std::move(study));
  return base;
}

Result<Explorer::Narrow*> Explorer::Narrowed(const Recipe& recipe, Diag& diag) {
  const double channels = recipe.channels;
  COVEY_TRY_ASSIGN(const std::shared_ptr<const Study> base, BaseOf(recipe.int16, diag));
  const bool tuned = recipe.tuned && channels > 0 && CanTune(base->graph());
  Narrow& narrow = narrow_[{recipe.int16, channels, tuned}];
  if (narrow.study != nullptr) return &narrow;
  if (channels <= 0) {
    narrow = {base->graph(), base};
    return &narrow;
  }
  Say("looking at operands, channels " + std::to_string(channels).substr(0, 5));
  const Removal removal = ChannelsSaving(*base, channels, study_->cost());
  COVEY_TRY_ASSIGN(narrow.graph, base->Apply(removal, diag));
  COVEY_TRY(RunPasses(narrow.graph, diag));
  if (tuned) {
    COVEY_TRY_ASSIGN(narrow.graph, Tune(narrow.graph, NoPatterns(narrow.graph), data_.calibrate,
                                        base->graph(), options_.tune, diag));
  }
  COVEY_TRY_ASSIGN(Study study, Study::Make(narrow.graph, studied_, Studying(), diag));
  narrow.study = std::make_shared<const Study>(std::move(study));
  return &narrow;
}

Result<Graph> Explorer::Ours(const Recipe& recipe, Removal& removal, Narrow*& narrow, Diag& diag) {
  COVEY_TRY_ASSIGN(narrow, Narrowed(recipe, diag));
  removal = FormsSaving(*narrow->study, recipe.forms, study_->cost());
  COVEY_TRY_ASSIGN(Graph graph, Exactly(recipe, removal, *narrow, diag));
  if (recipe.int4 <= 0) return graph;
  if (narrow->int4_errors.empty()) narrow->int4_errors = NarrowErrors(*narrow->study);
  return NarrowLayers(graph, NarrowFor(*narrow->study, narrow->int4_errors, recipe.int4),
                      narrow->study->PatternsFor(removal), studied_, diag);
}

// The removal with weights of int8.
Result<Graph> Explorer::Exactly(const Recipe& recipe, const Removal& removal, const Narrow& narrow,
                                Diag& diag) {
  COVEY_TRY_ASSIGN(Graph graph, narrow.study->Apply(removal, diag));
  COVEY_TRY_ASSIGN(const std::shared_ptr<const Study> base, BaseOf(recipe.int16, diag));
  if (!recipe.tuned || recipe.forms <= 0 || !CanTune(base->graph())) return graph;
  return Tune(graph, narrow.study->PatternsFor(removal), data_.calibrate, base->graph(),
              options_.tune, diag);
}

Result<Tried> Explorer::Try(const Recipe& recipe, Diag& diag) {
  const auto known = known_.find(recipe.Text());
  if (known != known_.end()) return known->second;
  Say(recipe.Text());
  COVEY_TRY_ASSIGN(const Tried tried, Make(recipe, diag));
  char found[96];
  std::snprintf(found, sizeof(found), ": %.1f %% of the cost, loss %.2f points",
                100 * tried.point.cost / exact_.cost, 100 * tried.point.loss);
  Say(recipe.Text() + found);
  known_.emplace(recipe.Text(), tried);
  return tried;
}

Result<Point> Explorer::PointOf(const Recipe& recipe, Diag& diag) {
  if (options_.recall && known_.count(recipe.Text()) == 0) {
    if (std::optional<Point> point = options_.recall(recipe.Text())) return *std::move(point);
  }
  COVEY_TRY_ASSIGN(Tried tried, Try(recipe, diag));
  if (options_.remember) options_.remember(tried.point);
  return std::move(tried.point);
}

Result<Tried> Explorer::Make(const Recipe& recipe, Diag& diag) {
  if (recipe.compact || recipe.code != AsCode::kNone) {
    Recipe loose = recipe;
    loose.compact = false, loose.code = AsCode::kNone;
    COVEY_TRY_ASSIGN(Tried tried, Try(loose, diag));
    COVEY_TRY(Cost(recipe, tried, diag));
    return tried;
  }
  if (recipe.policy == Policy::kExact) {
    Tried exact{exact_, study_->graph()};
    const CompileOptions& limits = options_.compile;
    if (limits.flash_bytes || limits.ram_bytes) COVEY_TRY(Cost(recipe, exact, diag));
    return exact;
  }
  if (recipe.policy == Policy::kOurs) {
    Narrow* narrow = nullptr;
    Removal removal;
    COVEY_TRY_ASSIGN(Graph graph, Ours(recipe, removal, narrow, diag));
    return Measure(recipe, std::move(graph), *narrow->study, nullptr, &removal, diag);
  }
  auto seen = significance_.find(recipe.kind);
  if (seen == significance_.end()) {
    COVEY_TRY_ASSIGN(Significance made, Significance::Make(*study_, studied_, recipe.kind, diag));
    seen = significance_.emplace(recipe.kind, std::move(made)).first;
  }
  std::vector<double> thresholds = recipe.thresholds;
  thresholds.resize(seen->second.layers().size(), thresholds.empty() ? 0.0 : thresholds.back());
  const Study::Patterns patterns = seen->second.Below(
      *study_, thresholds, recipe.policy == Policy::kLanes ? Pairs::kLanes : Pairs::kNeighbours);
  COVEY_TRY_ASSIGN(Graph graph, study_->ApplyPatterns(patterns, Study::Mend::kNothing, diag));
  return Measure(recipe, std::move(graph), *study_, &patterns, nullptr, diag);
}

Result<std::vector<std::string>> Explorer::UnpackFor(const Recipe& recipe, const Graph& graph,
                                                     const CompileOptions& how, Diag& diag) const {
  if (recipe.code == AsCode::kAll) return UnpackableIn(graph, how.target, diag);
  const bool energy = options_.minimise == Minimise::kEnergy;
  COVEY_TRY_ASSIGN(UnpackChoice choice,
                   WorthUnpacking(graph, {how, options_.on_chip, energy}, diag));
  return std::move(choice.layers);
}

Status Explorer::Cost(const Recipe& recipe, Tried& tried, Diag& diag) const {
  CompileOptions options = options_.compile;
  constexpr int64_t kNames = 256;
  if (recipe.compact) {
    int64_t plain = plain_bytes_;
    if (recipe.int4 > 0) {  // its own plain weights are smaller
      COVEY_TRY_ASSIGN(const std::vector<std::byte> own, Compile(tried.graph, diag));
      plain = std::min(plain, static_cast<int64_t>(own.size()));
    }
    options.flash_bytes = std::min(options.flash_bytes.value_or(plain + kNames), plain + kNames);
  }
  Graph small = tried.graph;
  COVEY_TRY(RunPasses(small, diag));
  if (recipe.code != AsCode::kNone) {
    COVEY_TRY_ASSIGN(tried.point.unpacked, UnpackFor(recipe, small, options, diag));
    options.unpacked = tried.point.unpacked;
    for (LayerNote& note : tried.point.layers)
      if (std::find(options.unpacked.begin(), options.unpacked.end(), note.name) !=
          options.unpacked.end())
        note.form = "code";
  }
  COVEY_TRY_ASSIGN(const std::vector<std::byte> image, Compile(tried.graph, diag, options));
  COVEY_TRY_ASSIGN(const Footprint footprint, FootprintOf(small, options, diag));
  tried.point.recipe = recipe;
  tried.point.image_bytes = static_cast<int64_t>(image.size());
  tried.point.instructions = footprint.instructions;
  tried.point.arena_bytes = footprint.arena_bytes;
  tried.point.cost = static_cast<double>(footprint.cost);
  if (!options_.on_chip) return OkStatus();
  COVEY_TRY_ASSIGN(const ChipCost chip, options_.on_chip(image, diag));
  tried.point.chip = chip;
  if (recipe.code != AsCode::kNone) {  // what an image holds is no measure of code
    tried.point.image_bytes = chip.flash_bytes;
    if (options.flash_bytes && chip.flash_bytes > *options.flash_bytes)
      return Refuse(
          diag, {Code::kResourceExhausted, "approximate: weights as code exceed the flash limit"},
          "C++",
          std::to_string(chip.flash_bytes) + " bytes, the limit is " +
              std::to_string(*options.flash_bytes));
  }
  if (options_.minimise == Minimise::kLatency) tried.point.cost = chip.milliseconds;
  if (options_.minimise == Minimise::kEnergy) tried.point.cost = chip.microjoules;
  return OkStatus();
}

Result<Tried> Explorer::Measure(const Recipe& recipe, Graph graph, const Study& study,
                                const Study::Patterns* patterns, const Removal* removal,
                                Diag& diag) {
  Tried tried;
  tried.graph = std::move(graph);
  Point& point = tried.point;
  point.recipe = recipe;
  COVEY_TRY(Cost(recipe, tried, diag));
  Graph small = tried.graph;
  COVEY_TRY(RunPasses(small, diag));
  COVEY_TRY_ASSIGN(const Answers answers, AnswersOf(small, data_.select, nullptr, diag));
  point.agreement = Agreement(exact_answers_, answers);
  point.loss = kFaithful - point.agreement;
  if (labelled()) {
    point.accuracy = Compare(exact_answers_, answers, data_.labels, repeats_);
    const double loss = ChosenLoss(*point.accuracy);
    point.loss = TrustsLabels() ? loss : std::max(loss, point.loss);
  }
  if (recipe.policy == Policy::kExact && !knows_floats()) point.loss = 0;
  COVEY_TRY_ASSIGN(const std::shared_ptr<const Study> base, BaseOf(recipe.int16, diag));
  point.layers = NotesOf(small, *base, study, patterns, removal);
  AddWideNotes(small, point.layers);
  for (const LayerNote& note : point.layers) point.macs += note.macs;
  return tried;
}

}  // namespace covey::compiler
