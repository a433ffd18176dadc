#include "compiler/approximate/unpack.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "compiler/emit.hpp"
#include "compiler/lower/lower.hpp"
#include "compiler/lower/op_view.hpp"
#include "compiler/memory/offers.hpp"
#include "compiler/variant.hpp"
#include "core/diag.hpp"

namespace covey::compiler {
namespace {

// Code that one measurement holds, where no limit says it; boards have more.
constexpr int64_t kRoom = 600'000;

struct Candidate {
  size_t node = 0;
  int64_t bytes = 0;
};

Result<std::vector<Candidate>> CandidatesOf(const Graph& graph, Target target, Diag& diag) {
  std::vector<Candidate> found;
  Graph work = graph;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    COVEY_TRY_ASSIGN(Lowered lowered, Lower(graph, graph.nodes[i], diag));
    ApplyTarget(work, graph.nodes[i], lowered, target);
    const OpView view = ViewOf(work, graph.nodes[i], lowered);
    if (!CanUnpack(view, target)) continue;
    for (const Offer& offer : OffersOf(view, target, Unpack::kWherePossible)) {
      if (!IsUnpacked(offer, target)) continue;
      found.push_back({i, static_cast<int64_t>(offer.flash_bytes)});
      break;
    }
  }
  return found;
}

class Chooser {
 public:
  Chooser(const Graph& graph, const UnpackOptions& options, Diag& diag)
      : graph_(graph), options_(options), diag_(diag) {}

  Result<UnpackChoice> Run() {
    COVEY_TRY_ASSIGN(candidates_, CandidatesOf(graph_, options_.compile.target, diag_));
    for (const Candidate& each : candidates_) {
      UnpackTrial& trial = choice_.trials.emplace_back();
      trial.layer = graph_.nodes[each.node].name, trial.code_bytes = each.bytes;
    }
    if (candidates_.empty()) return std::move(choice_);
    if (!options_.on_chip) return ByEstimate();
    COVEY_TRY_ASSIGN(const std::optional<ChipCost> base, Measure({}));
    if (!base) return std::move(choice_);  // the network itself does not fit
    base_ = *base;
    choice_.before = choice_.after = CostOf(base_);
    // One op a node, or layers cannot be told apart (a first stage in patches).
    if (base_.layers.size() != graph_.nodes.size()) return std::move(choice_);
    COVEY_TRY(MeasureAll());
    COVEY_TRY(Take());
    return std::move(choice_);
  }

 private:
  double CostOf(const ChipCost& cost) const {
    return options_.energy ? cost.microjoules : cost.milliseconds;
  }
  double CostOf(const ChipCost& cost, size_t node) const {
    const ChipCost::Layer& layer = cost.layers[node];
    return options_.energy ? layer.microjoules : layer.milliseconds;
  }

  Result<UnpackChoice> ByEstimate() {
    CompileOptions how = options_.compile;
    how.unpack = Unpack::kWhereFaster;
    COVEY_TRY_ASSIGN(const Footprint footprint, FootprintOf(graph_, how, diag_));
    for (size_t c = 0; c < candidates_.size(); ++c) {
      if (!footprint.unpacked[candidates_[c].node]) continue;
      choice_.trials[c].taken = true;
      choice_.layers.push_back(choice_.trials[c].layer);
    }
    return std::move(choice_);
  }

  // Nothing: limits or the board's flash do not hold it.
  Result<std::optional<ChipCost>> Measure(const std::vector<std::string>& layers) {
    NoDiag quiet;
    Result<ChipCost> cost = MeasureInWords(layers, quiet);
    if (cost.ok()) return std::optional<ChipCost>(*std::move(cost));
    if (cost.status().code() == Code::kResourceExhausted) return std::optional<ChipCost>();
    return MeasureInWords(layers, diag_).status();  // for its words
  }
  Result<ChipCost> MeasureInWords(const std::vector<std::string>& layers, Diag& diag) const {
    CompileOptions how = options_.compile;
    how.unpacked = layers;
    COVEY_TRY_ASSIGN(const std::vector<std::byte> image, CompilePrepared(graph_, diag, how));
    COVEY_TRY_ASSIGN(ChipCost cost, options_.on_chip(image, diag));
    if (!layers.empty() && how.flash_bytes && cost.flash_bytes > *how.flash_bytes)
      return Status(Code::kResourceExhausted, "unpack: code exceeds the flash limit");
    return cost;
  }

  // As many layers at a time as there is room for.
  Status MeasureAll() {
    const int64_t room = options_.compile.flash_bytes.value_or(kRoom);
    for (size_t first = 0; first < candidates_.size();) {
      size_t end = first + 1;
      int64_t bytes = candidates_[first].bytes;
      while (end < candidates_.size() && bytes + candidates_[end].bytes <= room)
        bytes += candidates_[end++].bytes;
      COVEY_TRY(MeasureSome(first, end));
      first = end;
    }
    return OkStatus();
  }

  Status MeasureSome(size_t first, size_t end) {
    std::vector<std::string> layers;
    for (size_t c = first; c < end; ++c) layers.push_back(choice_.trials[c].layer);
    COVEY_TRY_ASSIGN(const std::optional<ChipCost> cost, Measure(layers));
    if (cost && cost->layers.size() == base_.layers.size()) {
      for (size_t c = first; c < end; ++c) {
        UnpackTrial& trial = choice_.trials[c];
        trial.measured = true;
        trial.loops = CostOf(base_, candidates_[c].node);
        trial.code = CostOf(*cost, candidates_[c].node);
      }
      return OkStatus();
    }
    if (end - first == 1) return OkStatus();  // not measured: not taken
    const size_t middle = first + (end - first) / 2;
    COVEY_TRY(MeasureSome(first, middle));
    return MeasureSome(middle, end);
  }

  // What pays, the most for a byte first, as much as fits.
  Status Take() {
    std::vector<UnpackTrial*> worth;
    for (UnpackTrial& trial : choice_.trials)
      if (trial.measured && trial.code < trial.loops) worth.push_back(&trial);
    const auto for_a_byte = [](const UnpackTrial& t) {
      return (t.loops - t.code) / static_cast<double>(std::max<int64_t>(1, t.code_bytes));
    };
    std::sort(worth.begin(), worth.end(), [&](const UnpackTrial* a, const UnpackTrial* b) {
      return for_a_byte(*a) > for_a_byte(*b);
    });
    for (; !worth.empty(); worth.pop_back()) {
      std::vector<std::string> layers;
      for (const UnpackTrial* trial : worth) layers.push_back(trial->layer);
      COVEY_TRY_ASSIGN(const std::optional<ChipCost> cost, Measure(layers));
      if (!cost) continue;
      if (CostOf(*cost) >= choice_.before) break;
      for (UnpackTrial* trial : worth) trial->taken = true;
      choice_.layers = std::move(layers), choice_.after = CostOf(*cost);
      break;
    }
    return OkStatus();
  }

  const Graph& graph_;
  const UnpackOptions& options_;
  Diag& diag_;
  std::vector<Candidate> candidates_;
  ChipCost base_;
  UnpackChoice choice_;
};

}  // namespace

Result<std::vector<std::string>> UnpackableIn(const Graph& graph, Target target, Diag& diag) {
  COVEY_TRY_ASSIGN(const std::vector<Candidate> candidates, CandidatesOf(graph, target, diag));
  std::vector<std::string> names;
  for (const Candidate& each : candidates) names.push_back(graph.nodes[each.node].name);
  return names;
}

Result<UnpackChoice> WorthUnpacking(const Graph& graph, const UnpackOptions& options, Diag& diag) {
  return Chooser(graph, options, diag).Run();
}

}  // namespace covey::compiler
