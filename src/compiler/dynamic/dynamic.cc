#include "compiler/dynamic/dynamic.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "compiler/lower/lower.hpp"
#include "compiler/lower/op_view.hpp"
#include "compiler/quantize/batch.hpp"
#include "compiler/quantize/int8_network.hpp"
#include "compiler/variant.hpp"
#include "kernels/host/dsp_offers.hpp"
#include "kernels/host/host_kernels.hpp"

namespace covey::compiler {
namespace {

constexpr size_t kAtOnce = 32;  // samples

// A list's loop reads more words for a product than the usual one, which a count of instructions
// does not show: what saves less than one in so many is left.
constexpr int64_t kLeastSaved = 20;

// How a layer runs, and what the samples make of it.
struct Candidate {
  size_t node = 0;
  OpView view;  // of weights in pairs; without data of activations
  Lowered lowered;
  int64_t kept = 0, runs = 0;  // sums over the samples
  double least = 1, most = 0;
};

class Chooser {
 public:
  Chooser(const Graph& graph, const CompileOptions& how, Diag& diag)
      : graph_(graph), work_(graph), how_(how), diag_(diag) {}

  Status Find() {
    std::vector<size_t> nodes;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      COVEY_TRY_ASSIGN(Lowered lowered, Lower(graph_, graph_.nodes[i], diag_));
      ApplyTarget(work_, graph_.nodes[i], lowered, how_.target, true);
      if (!ListsInputs(graph_.nodes[i], lowered)) continue;
      found_.push_back({.node = i, .view = {}, .lowered = std::move(lowered)});
    }
    for (Candidate& each : found_)  // tensors move no more
      each.view = ViewOf(work_, graph_.nodes[each.node], each.lowered);
    return OkStatus();
  }

  Status Count(const ByteSamples& samples) {
    COVEY_TRY(CheckByteSamples(graph_, samples, diag_));
    if (found_.empty()) return OkStatus();
    COVEY_TRY_ASSIGN(const Int8Network network,
                     Int8Network::Prepare(graph_, diag_, kernels::BestHostKernels()));
    const std::vector<std::vector<int>> last = LastUses(graph_);
    for (size_t start = 0; start < samples.count; start += kAtOnce) {
      std::vector<size_t> which(std::min(kAtOnce, samples.count - start));
      std::iota(which.begin(), which.end(), start);
      ByteSamples part = PickBytes(samples, which);
      Batch<std::byte> batch(part.count, graph_.tensors.size());
      for (size_t i = 0; i < graph_.inputs.size(); ++i)
        batch.values[static_cast<size_t>(graph_.inputs[i])] = std::move(part.inputs[i]);
      for (size_t node = 0; node < graph_.nodes.size(); ++node) {
        for (Candidate& each : found_)
          if (each.node == node) CountInputs(batch, each);
        network.RunNode(node, batch);
        for (const int tensor : last[node]) batch.Free(tensor);
      }
    }
    return OkStatus();
  }

  DynamicChoice Choice(bool all) const {
    DynamicChoice choice;
    for (const Candidate& each : found_) {
      DynamicTrial& trial = choice.trials.emplace_back(TrialOf(each));
      trial.taken = all || trial.after < trial.before - trial.before / kLeastSaved;
      if (trial.taken) choice.layers.push_back(trial.layer);
    }
    return choice;
  }

 private:
  // What a list would hold, as ListInputs (kernels/dsp/dot_pairs.hpp) makes it.
  void CountInputs(Batch<std::byte>& batch, Candidate& each) const {
    const int32_t inputs = each.view.input[1].dims[1];
    const auto zero = static_cast<std::byte>(-each.view.attr_as<ConvAttr>().input_offset);
    const auto tensor = static_cast<size_t>(each.lowered.inputs[0]);
    if (batch.values[tensor].empty()) return;  // a constant
    for (size_t sample = 0; sample < batch.samples; ++sample) {
      const std::span<std::byte> all = batch.of(tensor, sample);
      for (size_t row = 0; row < all.size(); row += static_cast<size_t>(inputs)) {
        int64_t kept = 0;
        for (size_t i = row; i < row + static_cast<size_t>(inputs); ++i)
          kept += i % 4 < 2 && (all[i] != zero || all[i + 2] != zero) ? 1 : 0;
        const double share = 2.0 * static_cast<double>(kept) / inputs;
        each.kept += kept, ++each.runs;
        each.least = std::min(each.least, share), each.most = std::max(each.most, share);
      }
    }
  }

  // With what it waits for weights.
  int64_t Cost(const OpView& view, int64_t instructions, int64_t kept) const {
    const double bytes = 2.0 * static_cast<double>(kept) * view.input[1].dims[0];
    return instructions + static_cast<int64_t>(how_.wait.byte * bytes);
  }

  DynamicTrial TrialOf(const Candidate& each) const {
    const OpView& view = each.view;
    const int64_t twos = int64_t{view.input[1].dims[1]} / 2;
    const int64_t kept = each.runs == 0 ? twos : (each.kept + each.runs - 1) / each.runs;
    DynamicTrial trial;
    trial.layer = graph_.nodes[each.node].name;
    trial.outputs = view.input[1].dims[0], trial.inputs = view.input[1].dims[1];
    if (each.runs > 0) {
      trial.kept = static_cast<double>(kept) / static_cast<double>(twos);
      trial.least = each.least, trial.most = each.most;
    }
    trial.before = Cost(view, kernels::dsp::BlocksCost(view), twos);
    trial.after = Cost(view, kernels::dsp::PairsCost(view, kept), kept);
    trial.worst = Cost(view, kernels::dsp::PairsCost(view, twos), twos);
    return trial;
  }

  const Graph& graph_;
  Graph work_;  // with weights in pairs
  const CompileOptions& how_;
  Diag& diag_;
  std::vector<Candidate> found_;
};

}  // namespace

Result<DynamicChoice> WorthPassingOver(const Graph& graph, const ByteSamples& samples,
                                       const CompileOptions& how, Diag& diag) {
  Chooser chooser(graph, how, diag);
  COVEY_TRY(chooser.Find());
  COVEY_TRY(chooser.Count(samples));
  return chooser.Choice(false);
}

Result<DynamicChoice> AllPassingOver(const Graph& graph, const CompileOptions& how, Diag& diag) {
  Chooser chooser(graph, how, diag);
  COVEY_TRY(chooser.Find());
  return chooser.Choice(true);
}

}  // namespace covey::compiler
