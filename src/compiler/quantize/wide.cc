#include "compiler/quantize/wide.hpp"

#include <algorithm>

#include "compiler/lower/lower.hpp"
#include "compiler/memory/offers.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/quantize/groups.hpp"

namespace covey::compiler {
namespace {

// The scores' noise if the tensors of one group are rounded.
double NoiseOf(const FloatNetwork& network, const std::vector<int>& roots, int group, ScaleZero q,
               const Samples& samples, const std::vector<std::vector<float>>& expected) {
  const Graph& graph = network.graph();
  const std::vector<int> scores = ScoreTensors(graph);
  std::vector<std::vector<float>> got(scores.size());
  Batch<float> batch = FloatInputs(graph, samples);
  const auto round = [&](int tensor) {
    if (tensor == kNoTensor || roots[static_cast<size_t>(tensor)] != group) return;
    for (float& x : batch.values[static_cast<size_t>(tensor)]) x = RoundTrip(x, q);
  };
  for (int input : graph.inputs) round(input);
  network.Run(batch, [&](size_t i) {
    for (int output : graph.nodes[i].outputs) {
      round(output);
      for (size_t k = 0; k < scores.size(); ++k) {
        if (scores[k] == output) got[k] = batch.values[static_cast<size_t>(output)];
      }
    }
  });
  double noise = 0;
  for (size_t k = 0; k < scores.size(); ++k) {
    for (size_t i = 0; i < got[k].size(); ++i) {
      const double off = double{got[k][i]} - double{expected[k][i]};
      noise += off * off;
    }
  }
  return noise;
}

OpView ViewOfShapes(const Graph& graph, const Node& node, const Lowered& lowered) {
  const auto shape = [&graph](int tensor) {
    TensorView view;
    if (tensor == kNoTensor) return view;
    const Tensor& from = TensorOf(graph, tensor);
    view.dtype = from.dtype;
    view.dims = from.dims;
    view.bytes = from.bytes();
    return view;
  };
  OpView view;
  view.op = node.op;
  view.attr = lowered.attr.data();
  for (int input : lowered.inputs) {
    view.input[static_cast<size_t>(view.inputs++)] = shape(input);
  }
  for (int output : lowered.outputs) {
    view.output[static_cast<size_t>(view.outputs++)] = shape(output);
  }
  return view;
}

}  // namespace

std::vector<Sensitivity> SensitivitiesOf(const FloatNetwork& network, const QuantPlan& plan,
                                         const Samples& samples, const Tick& tick) {
  const Graph& graph = network.graph();
  const QuantGroups groups = GroupsOf(graph);
  const Reference reference = RunReference(network, samples, {});
  std::vector<Interval> range(graph.tensors.size());
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    if (!groups.activation[t] || groups.fixed[t]) continue;
    Interval& whole = range[static_cast<size_t>(groups.root[t])];
    whole = Union(whole, plan.ranges[t]);
  }
  std::vector<Sensitivity> found;
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    if (!groups.activation[t] || groups.fixed[t] || groups.root[t] != static_cast<int>(t)) continue;
    const int group = static_cast<int>(t);
    found.push_back({group, NoiseOf(network, groups.root, group, AsymmetricInt8(range[t]), samples,
                                    reference.scores)});
    if (tick) tick();
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Sensitivity& a, const Sensitivity& b) { return a.noise > b.noise; });
  return found;
}

Result<int64_t> EstimateInstructions(const Graph& quantised, Target target, Diag& diag) {
  // For ops whose kernels leave no choice, and thus state no cost.
  constexpr int64_t kElement = 15;
  int64_t total = 0;
  for (const Node& node : quantised.nodes) {
    COVEY_TRY_ASSIGN(const Lowered lowered, Lower(quantised, node, diag));
    const std::vector<Offer> offers = OffersOf(ViewOfShapes(quantised, node, lowered), target);
    int64_t least = offers[0].instructions;
    for (const Offer& offer : offers) least = std::min(least, offer.instructions);
    const Tensor& output = TensorOf(quantised, node.outputs[0]);
    int64_t cost = std::max(least, kElement * output.elements());
    // Sums of 64 bits take half as much again in the plain loops.
    if (output.dtype == DType::kInt16) cost += cost / 2;
    total += cost;
  }
  return total;
}

QuantPlan Widened(const Graph& floats, QuantPlan plan, int group) {
  plan.wide.resize(floats.tensors.size());
  plan.wide[static_cast<size_t>(group)] = true;
  return plan;
}

bool CanWiden(const Graph& floats, const QuantPlan& plan, int group) {
  const QuantGroups groups = GroupsOf(floats);
  std::vector<int> rim = floats.inputs;
  rim.insert(rim.end(), floats.outputs.begin(), floats.outputs.end());
  for (int tensor : rim) {
    if (groups.root[static_cast<size_t>(tensor)] == group) return false;
  }
  NoDiag quiet;
  const Result<Int8Graph> made = BuildInt8(floats, Widened(floats, plan, group), quiet);
  return made.ok() && Int8Network::Prepare(made->graph, quiet).ok();
}

}  // namespace covey::compiler
