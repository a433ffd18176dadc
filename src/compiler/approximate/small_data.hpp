// For tests: small networks whose outputs vary as a trained one's do, and samples with neighbours
// that have much in common, as in pictures.
//
//   Tame(net.graph(), seed);
//   const ByteSamples samples = SmoothSamples(net.graph(), 60, 1);
#pragma once

#include <algorithm>
#include <cmath>
#include <random>

#include "compiler/approximate/layer.hpp"
#include "compiler/approximate/score.hpp"

namespace covey::compiler {

// Draws weights, and biases of at most `most`, and sets scales that leave outputs room.
inline void Tame(Graph& graph, uint32_t seed, int most = 1000) {
  std::mt19937 random(seed);
  const auto tensor = [&](int i) -> Tensor& { return graph.tensors[static_cast<size_t>(i)]; };
  for (Layer layer : LayersOf(graph)) {
    for (int8_t& weight : layer.weights)
      weight = static_cast<int8_t>(static_cast<int>(random() % 61) - 30);
    for (int32_t& bias : layer.bias)
      bias = most == 0 ? 0 : static_cast<int32_t>(random() % (2U * most + 1)) - most;
    SetLayer(graph, layer);
    const int weights = graph.nodes[layer.node].inputs[1];
    for (float& scale : tensor(weights).quant.scales) scale = 0.01F;
    tensor(layer.output).quant.zero_points = {0};
    tensor(layer.output).quant.scales = {tensor(layer.input).quant.scales[0] * 0.01F * 30 *
                                         std::sqrt(static_cast<float>(layer.operands))};
  }
}

inline ByteSamples SmoothSamples(const Graph& graph, size_t count, uint32_t seed) {
  ByteSamples samples{.count = count, .inputs = {}};
  std::mt19937 random(seed);
  for (const int input : graph.inputs) {
    std::vector<std::byte>& bytes = samples.inputs.emplace_back();
    int value = 0;
    for (size_t i = 0; i < count * graph.tensors[static_cast<size_t>(input)].bytes(); ++i) {
      value = std::clamp(value + static_cast<int>(random() % 61) - 30, -128, 127);
      bytes.push_back(static_cast<std::byte>(value));
    }
  }
  return samples;
}

}  // namespace covey::compiler
