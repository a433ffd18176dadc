// Layer is one op of an int8 graph whose operands may be removed: a convolution or a fully
// connected op, seen as a matrix that is multiplied with windows of its input.
//
//   y[p][r] = bias[r] + sum over i of weights[r][i] * x[p][i],   x = q - zero point, 0 outside
//
//   for (const Layer& layer : LayersOf(graph)) ...
//   SetLayer(graph, layer);   // weights and bias as they are in `layer` now
//
// Shapes: weights are rows * operands, operands = taps * channels with channels innermost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "core/op_view.hpp"

namespace covey::compiler {

struct Layer {
  size_t node = 0;
  int input = kNoTensor, output = kNoTensor;  // tensors
  int32_t rows = 0, operands = 0, channels = 0;
  int64_t positions = 0;  // windows of one inference
  bool window = false;    // conv2d; else the input is `positions` rows of operands
  ConvAttr attr;
  std::vector<int32_t> in, out;  // dimensions
  int32_t window_h = 1, window_w = 1;
  std::vector<int8_t> weights;  // rows * operands
  std::vector<int32_t> bias;    // rows
  std::vector<double> step;     // [row]: steps of the output for one of the sum
  int32_t most = 127;           // weights lie within -most..most: of int8, or of int4
  std::vector<double> unit;     // [row]: a weight's unit in the graph's own; empty: 1

  int64_t macs() const { return positions * rows * operands; }
  std::span<const int8_t> row(int32_t r) const {
    return std::span(weights).subspan(static_cast<size_t>(r) * static_cast<size_t>(operands),
                                      static_cast<size_t>(operands));
  }
  // Writes x[position] of one sample's input.
  void Window(std::span<const std::byte> sample, int64_t position, float* x) const;
};

// Those that can be: int8, one group, weights around zero. In the order of the graph.
std::vector<Layer> LayersOf(const Graph& graph);

// New constants for the layer's node; others that share the old ones keep them.
void SetLayer(Graph& graph, const Layer& layer);

}  // namespace covey::compiler
