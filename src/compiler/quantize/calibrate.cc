#include "compiler/quantize/calibrate.hpp"

#include <algorithm>
#include <cmath>

#include "compiler/ir/check.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/quantize/rules.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {
namespace {

std::vector<float> ChannelMost(std::span<const float> values, const Tensor& tensor) {
  const auto channels = static_cast<size_t>(tensor.dims.empty() ? 1 : tensor.dims.back());
  std::vector<float> most(channels);
  for (size_t i = 0; i < values.size(); ++i) {
    float& m = most[i % channels];
    m = std::max(m, std::abs(values[i]));
  }
  return most;
}

Status Observe(const Graph& graph, int tensor, const Batch<float>& batch, Calibration& seen,
               Diag& diag) {
  const auto t = static_cast<size_t>(tensor);
  const std::vector<float>& values = batch.values[t];
  for (float x : values) {
    if (std::isfinite(x)) continue;
    return Refuse(diag, {Code::kInvalidArgument, "quantize: a value is not finite"},
                  Describe(graph.tensors[t]),
                  "becomes " + std::to_string(x) + " on a calibration sample");
  }
  const Spread spread(values);
  for (size_t m = 0; m < kRangeMethods.size(); ++m) {
    seen.tensors[t].by[m] = spread.RangeBy(kRangeMethods[m]);
  }
  seen.channel_most[t] = ChannelMost(values, graph.tensors[t]);
  return OkStatus();
}

}  // namespace

Batch<float> FloatInputs(const Graph& graph, const Samples& samples) {
  Batch<float> batch(samples.count, graph.tensors.size());
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    batch.values[static_cast<size_t>(graph.inputs[i])] = samples.inputs[i];
  }
  return batch;
}

Result<Calibration> Calibrate(const FloatNetwork& network, const Samples& samples, const Tick& tick,
                              Diag& diag) {
  const Graph& graph = network.graph();
  COVEY_TRY(CheckSamples(graph, samples, diag));
  Calibration seen;
  seen.tensors.resize(graph.tensors.size());
  seen.channel_most.resize(graph.tensors.size());
  seen.means.resize(graph.nodes.size());
  Batch<float> batch = FloatInputs(graph, samples);
  for (int input : graph.inputs) COVEY_TRY(Observe(graph, input, batch, seen, diag));
  Status status = OkStatus();
  network.Run(batch, [&](size_t i) {
    const Node& node = graph.nodes[i];
    for (int output : node.outputs) {
      if (status.ok() && output != kNoTensor) status = Observe(graph, output, batch, seen, diag);
    }
    if (RuleOf(node) == QuantRule::kWeights) seen.means[i] = network.MeansOf(i, batch);
    if (tick) tick();
  });
  COVEY_TRY(status);
  return seen;
}

QuantPlan PlanBy(const Calibration& seen, RangeMethod method) {
  QuantPlan plan;
  for (const TensorRanges& tensor : seen.tensors) {
    plan.ranges.push_back(tensor.by[static_cast<size_t>(method)]);
  }
  return plan;
}

}  // namespace covey::compiler
