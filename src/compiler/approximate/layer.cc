#include "compiler/approximate/layer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "compiler/lower/lower.hpp"
#include "compiler/narrow_weights.hpp"
#include "compiler/passes/uses.hpp"

namespace covey::compiler {
namespace {

class NoDiag final : public Diag {
 public:
  void Report(const Finding&) override {}
};

bool Takes(const Graph& graph, const Node& node) {
  if (node.op != Op::kConv2D && node.op != Op::kFullyConnected) return false;
  const Tensor& weights = TensorOf(graph, node.inputs[1]);
  const bool bias = node.inputs.size() > 2 && node.inputs[2] != kNoTensor;
  return TensorOf(graph, node.inputs[0]).dtype == DType::kInt8 &&
         !TensorOf(graph, node.inputs[0]).constant() &&
         TensorOf(graph, node.outputs[0]).dtype == DType::kInt8 && weights.constant() &&
         weights.dtype == DType::kInt8 &&
         (!bias || TensorOf(graph, node.inputs[2]).dtype == DType::kInt32);
}

void ReadConstants(const Graph& graph, const Node& node, const Lowered& lowered, Layer& layer) {
  const Tensor& weights = TensorOf(graph, node.inputs[1]);
  layer.weights.resize(weights.data->size());
  std::memcpy(layer.weights.data(), weights.data->data(), weights.data->size());
  layer.bias.assign(static_cast<size_t>(layer.rows), 0);
  if (node.inputs.size() > 2 && node.inputs[2] != kNoTensor) {
    const Tensor& bias = TensorOf(graph, node.inputs[2]);
    std::memcpy(layer.bias.data(), bias.data->data(), bias.data->size());
  }
  for (size_t r = 0; r < static_cast<size_t>(layer.rows); ++r) {
    layer.step.push_back(std::ldexp(static_cast<double>(lowered.params[r]),
                                    lowered.params[static_cast<size_t>(layer.rows) + r] - 31));
  }
}

// Weights that were narrowed stay so.
bool FitsNarrow(const Layer& layer) {
  return static_cast<int64_t>(layer.weights.size()) >= kLeastNarrow &&
         std::all_of(layer.weights.begin(), layer.weights.end(),
                     [](int8_t w) { return std::abs(w) <= kMostNarrow; });
}

// Scales of rows whose unit is another.
void SetScales(const std::vector<double>& unit, Tensor& weights) {
  if (unit.empty()) return;
  Quant quant;
  for (size_t r = 0; r < unit.size(); ++r) {
    const float scale = weights.quant.scales[weights.quant.scales.size() == 1 ? 0 : r];
    quant.scales.push_back(static_cast<float>(unit[r] * double{scale}));
    quant.zero_points.push_back(0);
  }
  quant.axis = 0;
  weights.quant = std::move(quant);
}

}  // namespace

void Layer::Window(std::span<const std::byte> sample, int64_t position, float* x) const {
  const auto* const q = reinterpret_cast<const int8_t*>(sample.data());
  if (!window) {
    const int8_t* const from = q + position * operands;
    for (int32_t i = 0; i < operands; ++i) x[i] = static_cast<float>(from[i] + attr.input_offset);
    return;
  }
  const int64_t column = position % out[2], row = position / out[2] % out[1];
  const int8_t* const picture = q + position / out[2] / out[1] * in[1] * in[2] * in[3];
  for (int32_t ky = 0; ky < window_h; ++ky) {
    const int64_t y = row * attr.stride_h - attr.pad_top + ky * attr.dilation_h;
    for (int32_t kx = 0; kx < window_w; ++kx, x += channels) {
      const int64_t at = column * attr.stride_w - attr.pad_left + kx * attr.dilation_w;
      if (y < 0 || y >= in[1] || at < 0 || at >= in[2]) {
        std::fill_n(x, channels, 0.0F);
        continue;
      }
      const int8_t* const from = picture + (y * in[2] + at) * channels;
      for (int32_t c = 0; c < channels; ++c) x[c] = static_cast<float>(from[c] + attr.input_offset);
    }
  }
}

std::vector<Layer> LayersOf(const Graph& graph) {
  NoDiag quiet;  // what cannot be lowered is refused by Compile, with words
  std::vector<Layer> layers;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (!Takes(graph, node)) continue;
    const Result<Lowered> lowered = Lower(graph, node, quiet);
    if (!lowered.ok()) continue;
    const Tensor& weights = TensorOf(graph, node.inputs[1]);
    Layer layer;
    layer.node = i;
    layer.attr = lowered->As<ConvAttr>();
    if (layer.attr.weights_offset != 0 || layer.attr.groups != 1) continue;
    layer.input = node.inputs[0], layer.output = node.outputs[0];
    layer.in = TensorOf(graph, layer.input).dims, layer.out = TensorOf(graph, layer.output).dims;
    layer.window = node.op == Op::kConv2D;
    layer.rows = weights.dims[0];
    layer.channels = weights.dims.back();
    layer.operands = static_cast<int32_t>(weights.elements() / layer.rows);
    if (layer.window) layer.window_h = weights.dims[1], layer.window_w = weights.dims[2];
    layer.positions = TensorOf(graph, layer.output).elements() / layer.rows;
    ReadConstants(graph, node, *lowered, layer);
    if (FitsNarrow(layer)) layer.most = kMostNarrow;
    layers.push_back(std::move(layer));
  }
  return layers;
}

void SetLayer(Graph& graph, const Layer& layer) {
  Node& node = graph.nodes[layer.node];
  Tensor weights = TensorOf(graph, node.inputs[1]);
  const auto* const bytes = reinterpret_cast<const std::byte*>(layer.weights.data());
  weights.data =
      std::make_shared<const std::vector<std::byte>>(bytes, bytes + layer.weights.size());
  SetScales(layer.unit, weights);
  node.inputs[1] = AddTensor(graph, std::move(weights));
  const bool had = node.inputs.size() > 2 && node.inputs[2] != kNoTensor;
  if (!had && std::all_of(layer.bias.begin(), layer.bias.end(), [](int32_t b) { return b == 0; }))
    return;
  Tensor bias;
  if (had) bias = TensorOf(graph, node.inputs[2]);
  if (!had) bias.name = node.name + "/bias";
  bias.dtype = DType::kInt32;
  bias.dims = {layer.rows};
  const auto* const words = reinterpret_cast<const std::byte*>(layer.bias.data());
  bias.data = std::make_shared<const std::vector<std::byte>>(
      words, words + layer.bias.size() * sizeof(int32_t));
  node.inputs.resize(3, kNoTensor);
  node.inputs[2] = AddTensor(graph, std::move(bias));
}

}  // namespace covey::compiler
