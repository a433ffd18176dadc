// RangesOf bounds what each channel (index of the last dimension) of each int8 tensor can hold,
// whatever the inputs are: [-128, 127] at the rim, from there op by op with the kernels' own
// arithmetic. A channel whose bounds meet is constant.
//
//   const std::vector<Ranges> ranges = RangesOf(graph, lowered);
//   if (ranges[tensor][channel].constant()) Use(ranges[tensor][channel].lo);
//
// Exact: bounds, never guesses. Requantisation is monotone, so the bounds of a sum give those of
// the output; where a sum could wrap, the bounds are those of the activation. An input that a
// window may miss at a border counts as its zero point too.
// Shapes: an empty entry means nothing is known of the tensor (another type, or no last dimension).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "compiler/lower/lower.hpp"

namespace covey::compiler {

struct Range {
  int32_t lo = -128, hi = 127;
  bool constant() const { return lo == hi; }
};
using Ranges = std::vector<Range>;

// One entry a node; absent where Lower refused it.
using LoweredNodes = std::vector<std::optional<Lowered>>;

std::vector<Ranges> RangesOf(const Graph& graph, const LoweredNodes& lowered);

// Whether some window of a lowered conv2d or depthwise_conv2d reaches over the picture's edge.
bool MeetsEdge(const Graph& graph, const Node& node, const Lowered& lowered);

// The int8 weight at `index`, less the zero point that only fully_connected may have.
inline int32_t WeightAt(const Tensor& weights, size_t index, int32_t offset) {
  return static_cast<int8_t>((*weights.data)[index]) + offset;
}
int32_t BiasAt(const Graph& graph, const Node& node, size_t channel);

}  // namespace covey::compiler
