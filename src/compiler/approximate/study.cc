#include "compiler/approximate/study.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "compiler/approximate/layer_by_layer.hpp"
#include "compiler/approximate/obs.hpp"
#include "compiler/approximate/refit.hpp"
#include "compiler/approximate/sensitivity.hpp"
#include "compiler/emit.hpp"
#include "compiler/lower/lower.hpp"
#include "compiler/lower/op_view.hpp"
#include "compiler/quantize/batch.hpp"
#include "compiler/quantize/int8_network.hpp"
#include "kernels/host/host_kernels.hpp"

namespace covey::compiler {
namespace {

Batch<std::byte> InputsOf(const Graph& graph, const ByteSamples& samples) {
  Batch<std::byte> batch(samples.count, graph.tensors.size());
  for (size_t i = 0; i < graph.inputs.size(); ++i)
    batch.values[static_cast<size_t>(graph.inputs[i])] = samples.inputs[i];
  return batch;
}

Obs ObsOf(const Layer& layer, const Moments& moments, double weight) {
  Eigen::MatrixXd weights(layer.operands + 1, layer.rows);
  Eigen::VectorXd scale(layer.rows);
  for (int32_t r = 0; r < layer.rows; ++r) {
    for (int32_t i = 0; i < layer.operands; ++i)
      weights(i, r) = layer.row(r)[static_cast<size_t>(i)];
    weights(layer.operands, r) = 0;
    scale(r) = layer.step[static_cast<size_t>(r)] * layer.step[static_cast<size_t>(r)] * weight;
  }
  return Obs(InverseOf(moments.now), weights, scale);
}

}  // namespace

Result<Study> Study::Make(Graph graph, const ByteSamples& samples, const StudyOptions& options,
                          Diag& diag) {
  COVEY_TRY(CheckByteSamples(graph, samples, diag));
  Study study;
  study.graph_ = std::move(graph);
  study.samples_ = samples;
  study.windows_ = options.windows;
  study.layers_ = LayersOf(study.graph_);
  study.spaces_ = SpacesOf(study.graph_, study.layers_);
  study.traces_.resize(study.spaces_.size());
  COVEY_TRY(study.CountCost(options, diag));
  COVEY_TRY(study.MeasureSensitivity(diag));
  COVEY_TRY(study.Observe(options, diag));
  return study;
}

Status Study::CountCost(const StudyOptions& options, Diag& diag) {
  COVEY_TRY_ASSIGN(const Footprint whole,
                   FootprintOf(graph_, {.target = options.target, .wait = options.wait}, diag));
  cost_ = static_cast<double>(whole.cost);
  for (const Space& space : spaces_) {
    double cost = 0;
    for (size_t node : space.nodes) cost += static_cast<double>(whole.nodes[node]);
    unit_cost_.push_back(cost / static_cast<double>(space.units.size()));
  }
  return OkStatus();
}

Status Study::MeasureSensitivity(Diag& diag) {
  COVEY_TRY_ASSIGN(sensitivity_, SensitivityOf(graph_, layers_, samples_, diag));
  return OkStatus();
}

Status Study::Observe(const StudyOptions& options, Diag& diag) {
  COVEY_TRY_ASSIGN(const Int8Network network,
                   Int8Network::Prepare(graph_, diag, kernels::BestHostKernels()));
  moments_.resize(layers_.size());
  const size_t total = layers_.size() + spaces_.size();
  size_t done = 0;
  const auto tick = [&] {
    if (options.progress) options.progress(++done, total);
  };
  Batch<std::byte> batch = InputsOf(graph_, samples_);
  const std::vector<std::vector<int>> last = LastUses(graph_);
  for (size_t node = 0; node < graph_.nodes.size(); ++node) {
    for (size_t l = 0; l < layers_.size(); ++l) {
      if (layers_[l].node != node) continue;
      moments_[l] = MomentsOf(layers_[l], batch.values[static_cast<size_t>(layers_[l].input)],
                              nullptr, samples_.count, WindowsFor(layers_[l], windows_));
      tick();
    }
    network.RunNode(node, batch);
    for (int tensor : last[node]) batch.Free(tensor);
  }
  ParallelFor(spaces_.size(), [&](size_t s) { TraceSpace(s); });
  for (size_t s = 0; s < spaces_.size(); ++s) tick();
  return TraceForms(options, diag);
}

void Study::TraceSpace(size_t number) {
  const Space& space = spaces_[number];
  std::vector<Obs> obs;
  for (size_t l : space.readers) obs.push_back(ObsOf(layers_[l], moments_[l], sensitivity_[l]));
  std::vector<size_t> left(space.units.size());
  std::iota(left.begin(), left.end(), size_t{0});
  Trace& trace = traces_[number];
  double most = 0;
  while (left.size() > 1) {  // one channel stays
    size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (size_t k = 0; k < left.size(); ++k) {
      double cost = 0;
      for (size_t i = 0; i < obs.size(); ++i) cost += obs[i].Cost(space.units[left[k]].operands[i]);
      if (cost < least) least = cost, best = k;
    }
    for (size_t i = 0; i < obs.size(); ++i) obs[i].Remove(space.units[left[best]].operands[i]);
    trace.order.push_back(left[best]);
    trace.cost.push_back(most = std::max(most, least));
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
  }
}

Status Study::TraceForms(const StudyOptions& options, Diag& diag) {
  forms_.resize(layers_.size());
  if (!options.forms) return OkStatus();
  for (size_t l = 0; l < layers_.size(); ++l) {
    const Node& node = graph_.nodes[layers_[l].node];
    COVEY_TRY_ASSIGN(const Lowered lowered, Lower(graph_, node, diag));
    const std::vector<SkipOption> forms =
        SkipOptionsOf(ViewOf(graph_, node, lowered), options.target, options.wait);
    if (forms.empty()) continue;
    const Eigen::MatrixXd inverse = InverseOf(moments_[l].now);
    for (const SkipOption& form : forms)
      forms_[l].push_back(TraceForm(layers_[l], form, inverse, sensitivity_[l]));
  }
  return OkStatus();
}

size_t FormRemoval::units() const {
  return std::accumulate(counts.begin(), counts.end(), size_t{0});
}

Removal Study::None() const {
  return {.units = std::vector<size_t>(spaces_.size(), 0),
          .forms = std::vector<FormRemoval>(layers_.size())};
}

// Winograd's lists of products want channels by eights, other loops by fours.
size_t Study::ChannelsAtOnce(const Space& space) const {
  for (size_t l : space.readers)
    for (const FormTrace& form : forms_[l])
      if (form.option.form == SkipForm::kWinograd) return 8;
  return 4;
}

Removal Study::ChannelsByPrice(double price) const {
  Removal removal = None();
  for (size_t s = 0; s < spaces_.size(); ++s) {
    const std::vector<double>& cost = traces_[s].cost;
    const double bound = price * unit_cost_[s];
    const auto count =
        static_cast<size_t>(std::upper_bound(cost.begin(), cost.end(), bound) - cost.begin());
    const size_t at_once = ChannelsAtOnce(spaces_[s]);
    removal.units[s] = count / at_once * at_once;
  }
  return removal;
}

Removal Study::FormsByPrice(double price) const {
  Removal removal = None();
  for (size_t l = 0; l < layers_.size(); ++l) {
    double most = 0;  // what a form gains, in errors at this price
    for (size_t f = 0; f < forms_[l].size(); ++f) {
      const FormTrace& form = forms_[l][f];
      const double each = price * form.option.saved;
      double gain = price * static_cast<double>(form.option.exact - form.option.cost);
      FormRemoval chosen{.form = static_cast<int>(f), .counts = {}};
      for (const BlockTrace& block : form.blocks) {
        size_t count = 0;
        for (; count < block.cost.size() && block.cost[count] <= each; ++count)
          gain += each - block.cost[count];
        chosen.counts.push_back(count);
      }
      if (gain > most) most = gain, removal.forms[l] = chosen;
    }
  }
  return removal;
}

double Study::SavedBy(const Removal& removal) const {
  double saved = 0;
  for (size_t l = 0; l < layers_.size(); ++l) {
    if (removal.forms[l].form < 0) continue;
    const SkipOption& option = forms_[l][static_cast<size_t>(removal.forms[l].form)].option;
    saved += static_cast<double>(option.exact - option.cost) +
             option.saved * static_cast<double>(removal.forms[l].units());
  }
  return saved;
}

double Study::ExpectedError(const Removal& removal) const {
  double sum = 0;
  for (size_t s = 0; s < spaces_.size(); ++s)
    for (size_t k = 0; k < removal.units[s]; ++k) sum += traces_[s].cost[k];
  for (size_t l = 0; l < layers_.size(); ++l) {
    if (removal.forms[l].form < 0) continue;
    const FormTrace& form = forms_[l][static_cast<size_t>(removal.forms[l].form)];
    for (size_t b = 0; b < form.blocks.size(); ++b)
      for (size_t k = 0; k < removal.forms[l].counts[b]; ++k) sum += form.blocks[b].cost[k];
  }
  return sum;
}

Study::Patterns Study::PatternsFor(const Removal& removal) const {
  Patterns patterns(layers_.size());
  for (size_t l = 0; l < layers_.size(); ++l) {
    const FormRemoval& form = removal.forms[l];
    if (form.form >= 0) {
      patterns[l] = PatternsOf(layers_[l], forms_[l][static_cast<size_t>(form.form)], form.counts);
      continue;
    }
    patterns[l].emplace_back();
    patterns[l][0].rows.resize(static_cast<size_t>(layers_[l].rows));
    std::iota(patterns[l][0].rows.begin(), patterns[l][0].rows.end(), 0);
  }
  for (size_t s = 0; s < spaces_.size(); ++s) {
    const Space& space = spaces_[s];
    for (size_t k = 0; k < removal.units[s]; ++k) {
      const Unit& unit = space.units[traces_[s].order[k]];
      for (size_t i = 0; i < space.readers.size(); ++i)
        for (Pattern& pattern : patterns[space.readers[i]])
          for (int32_t operand : unit.operands[i]) pattern.zero.push_back({{operand, 1}});
    }
  }
  return patterns;
}

Result<Graph> Study::Apply(const Removal& removal, Diag& diag) const {
  return ApplyPatterns(PatternsFor(removal), Mend::kRefit, diag);
}

Layer Study::Mended(size_t l, Mend mend, const std::vector<Pattern>& patterns,
                    const std::vector<std::byte>& before, const std::vector<std::byte>& now) const {
  const Layer& layer = layers_[l];
  if (mend == Mend::kNothing) return CutOut(layer, patterns);
  const Moments moments =
      before == now ? moments_[l]
                    : MomentsOf(layer, now, &before, samples_.count, WindowsFor(layer, windows_));
  return mend == Mend::kBias ? MendBias(layer, moments, patterns) : Refit(layer, moments, patterns);
}

Result<Graph> Study::ApplyPatterns(const Patterns& patterns, Mend mend, Diag& diag) const {
  const auto replace = [&](size_t l, const std::vector<std::byte>& before,
                           const std::vector<std::byte>& now) -> std::optional<Layer> {
    const bool whole = std::all_of(patterns[l].begin(), patterns[l].end(),
                                   [](const Pattern& pattern) { return pattern.zero.empty(); });
    if (whole && before == now) return std::nullopt;
    return Mended(l, mend, patterns[l], before, now);
  };
  return LayerByLayer(graph_, layers_, samples_, replace, diag);
}

}  // namespace covey::compiler
