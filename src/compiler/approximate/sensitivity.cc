#include "compiler/approximate/sensitivity.hpp"

#include <algorithm>
#include <numeric>
#include <random>

#include "compiler/quantize/calibrate.hpp"
#include "compiler/quantize/int8_network.hpp"
#include "kernels/host/host_kernels.hpp"

namespace covey::compiler {
namespace {

constexpr size_t kSamples = 64;
constexpr int kNoise = 4;  // steps: large enough to come through the rounding of later layers

using Bytes = std::vector<std::byte>;

double MeanSquare(const Bytes& a, const Bytes& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double off = static_cast<int8_t>(a[i]) - static_cast<int8_t>(b[i]);
    sum += off * off;
  }
  return sum / static_cast<double>(std::max<size_t>(a.size(), 1));
}

void AddNoise(Bytes& bytes, const ConvAttr& attr) {
  std::minstd_rand random(7);
  for (std::byte& byte : bytes) {
    const int value = static_cast<int8_t>(byte) + ((random() >> 9 & 1) != 0 ? kNoise : -kNoise);
    byte = static_cast<std::byte>(std::clamp(value, attr.activation_min, attr.activation_max));
  }
}

struct Run {
  Bytes scores, output;  // the network's, and one layer's before the noise
  double moved = 0;      // mean squared, of the layer's output
};

Run RunWith(const Int8Network& network, const ByteSamples& samples, int scores,
            const Layer* noisy) {
  const Graph& graph = network.graph();
  Batch<std::byte> batch(samples.count, graph.tensors.size());
  for (size_t i = 0; i < graph.inputs.size(); ++i)
    batch.values[static_cast<size_t>(graph.inputs[i])] = samples.inputs[i];
  Run run;
  network.Run(batch, [&](size_t node) {
    if (noisy != nullptr && noisy->node == node) {
      Bytes& output = batch.values[static_cast<size_t>(noisy->output)];
      const Bytes before = output;
      AddNoise(output, noisy->attr);
      run.moved = MeanSquare(before, output);
    }
    const std::vector<int>& written = graph.nodes[node].outputs;
    if (std::find(written.begin(), written.end(), scores) != written.end())
      run.scores = batch.values[static_cast<size_t>(scores)];
  });
  return run;
}

}  // namespace

Result<std::vector<double>> SensitivityOf(const Graph& graph, const std::vector<Layer>& layers,
                                          const ByteSamples& samples, Diag& diag) {
  COVEY_TRY_ASSIGN(const Int8Network network,
                   Int8Network::Prepare(graph, diag, kernels::BestHostKernels()));
  std::vector<size_t> first(std::min(kSamples, samples.count));
  std::iota(first.begin(), first.end(), size_t{0});
  const ByteSamples some = PickBytes(samples, first);
  const int scores = ScoreTensors(graph)[0];
  std::vector<double> sensitivity;
  if (graph.tensors[static_cast<size_t>(scores)].dtype != DType::kInt8)
    return std::vector<double>(layers.size(), 1.0);
  const Run exact = RunWith(network, some, scores, nullptr);
  for (const Layer& layer : layers) {
    const Run noisy = RunWith(network, some, scores, &layer);
    const double moved = std::max(noisy.moved, 1e-9) * layer.rows;
    // An error that nothing comes of still must not be free.
    sensitivity.push_back(std::max(MeanSquare(exact.scores, noisy.scores), 1e-6) / moved);
  }
  return sensitivity;
}

}  // namespace covey::compiler
