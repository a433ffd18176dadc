#include "compiler/passes/needs.hpp"

#include <algorithm>

#include "compiler/passes/uses.hpp"

namespace covey::compiler {
namespace {

bool IsActivation(const Graph& graph, int tensor) {
  const Tensor& t = TensorOf(graph, tensor);
  return t.dtype == DType::kInt8 && !t.dims.empty() && !t.constant();
}

bool Ties(const Graph& graph, const Node& node, const Lowered& lowered) {
  const std::vector<int32_t>& in = TensorOf(graph, node.inputs[0]).dims;
  const std::vector<int32_t>& out = TensorOf(graph, node.outputs[0]).dims;
  switch (node.op) {
    case Op::kDepthwiseConv2D:
    case Op::kAveragePool2D:
    case Op::kMaxPool2D:
      return true;
    case Op::kRelu:
    case Op::kQuantize:
      return in == out;
    case Op::kReshape:  // whole pixels in a row
      return out.back() % in.back() == 0;
    case Op::kMean:
      return (lowered.As<MeanAttr>().axes >> (in.size() - 1) & 1) == 0 && in.back() == out.back();
    case Op::kPad:
      return in.back() == out.back();
    case Op::kAdd:
      return IsActivation(graph, node.inputs[1]) && in == out &&
             TensorOf(graph, node.inputs[1]).dims == out;
    default:
      return false;
  }
}

class Search {
 public:
  Search(const Graph& graph, const LoweredNodes& lowered, const std::vector<Ranges>& ranges)
      : graph_(graph), lowered_(lowered), ranges_(ranges), needs_(graph.tensors.size()) {
    for (size_t t = 0; t < needs_.size(); ++t) {
      if (IsActivation(graph, static_cast<int>(t))) needs_[t].assign(ranges[t].size(), false);
    }
  }

  std::optional<Needs> Run() {
    constexpr int kMostSweeps = 64;
    for (int input : graph_.inputs) All(input);
    for (int output : graph_.outputs) All(output);
    for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
      changed_ = false;
      for (size_t i = graph_.nodes.size(); i-- > 0;) Visit(i);
      if (!changed_) KeepEnough();
      if (!changed_) return std::move(needs_);
    }
    return std::nullopt;
  }

 private:
  std::vector<bool>& Of(int tensor) { return needs_[static_cast<size_t>(tensor)]; }
  void Need(std::vector<bool>& channels, size_t channel) {
    if (channels[channel]) return;
    channels[channel] = true;
    changed_ = true;
  }
  void All(int tensor) {
    if (tensor == kNoTensor) return;
    for (size_t c = 0; c < Of(tensor).size(); ++c) Need(Of(tensor), c);
  }

  void Visit(size_t i) {
    const Node& node = graph_.nodes[i];
    switch (FlowOf(graph_, node, lowered_[i])) {
      case Flow::kSums:
        return Sums(node, *lowered_[i]);
      case Flow::kTied:
        Tie(node, node.inputs[0]);
        if (node.op == Op::kAdd) Tie(node, node.inputs[1]);
        return;
      case Flow::kOpaque:
        for (int input : node.inputs) All(input);
        for (int output : node.outputs) All(output);
        return;
    }
  }

  void Tie(const Node& node, int input) {
    std::vector<bool>& in = Of(input);
    std::vector<bool>& out = Of(node.outputs[0]);
    for (size_t j = 0; j < out.size(); ++j) {
      if (out[j]) Need(in, TiedChannel(node, j, in.size()));
    }
    for (size_t j = 0; j < out.size(); ++j) {
      if (in[TiedChannel(node, j, in.size())]) Need(out, j);
    }
  }

  // Weights are rows of filters, one an output channel, input channels innermost.
  void Sums(const Node& node, const Lowered& lowered) {
    std::vector<bool>& in = Of(node.inputs[0]);
    const std::vector<bool>& out = Of(node.outputs[0]);
    const std::vector<bool> foldable = Foldable(node, lowered);
    const Tensor& weights = TensorOf(graph_, node.inputs[1]);
    const int32_t offset = lowered.As<ConvAttr>().weights_offset;
    const size_t filter = weights.data->size() / out.size();
    for (size_t o = 0; o < out.size(); ++o) {
      for (size_t i = 0; out[o] && i < filter; ++i) {
        const size_t channel = i % in.size();
        if (in[channel] || foldable[channel]) continue;
        if (WeightAt(weights, o * filter + i, offset) != 0) Need(in, channel);
      }
    }
  }

  // Constant input channels that the bias can take in.
  std::vector<bool> Foldable(const Node& node, const Lowered& lowered) const {
    const Ranges& in = ranges_[static_cast<size_t>(node.inputs[0])];
    const int32_t zero = -lowered.As<ConvAttr>().input_offset;
    const bool edge = node.op == Op::kConv2D && MeetsEdge(graph_, node, lowered);
    std::vector<bool> foldable(in.size());
    for (size_t c = 0; c < in.size(); ++c) {
      foldable[c] = in[c].constant() && (in[c].lo == zero || !edge);
    }
    return foldable;
  }

  // No tensor may become empty, and Winograd's form keeps its fours. Nor may fully_connected's
  // weight scales dwindle to one: it would multiply its scales in single precision then
  // (lower.hpp), which is another multiplier.
  void KeepEnough() {
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      for (int output : node.outputs) {
        if (output == kNoTensor || Of(output).empty()) continue;
        const bool scales = lowered_[i] && node.op == Op::kFullyConnected &&
                            TensorOf(graph_, node.inputs[1]).quant.scales.size() > 1;
        std::vector<bool>& channels = Of(output);
        auto missing = (scales ? 2 : 1) - std::count(channels.begin(), channels.end(), true);
        Keep(channels, missing);
      }
      if (lowered_[i]) KeepFours(node, *lowered_[i]);
    }
  }
  void Keep(std::vector<bool>& channels, std::ptrdiff_t missing) {
    for (size_t c = 0; c < channels.size() && missing > 0; ++c) {
      if (channels[c]) continue;
      Need(channels, c);
      --missing;
    }
  }

  // Winograd's form (kernels/winograd.hpp) takes channels by fours: it saves more than up to three
  // channels cost.
  void KeepFours(const Node& node, const Lowered& lowered) {
    if (FlowOf(graph_, node, lowered) != Flow::kSums || node.op != Op::kConv2D) return;
    const ConvAttr attr = lowered.As<ConvAttr>();
    const std::vector<int32_t>& filter = TensorOf(graph_, node.inputs[1]).dims;
    std::vector<bool>& channels = Of(node.inputs[0]);
    if (filter[1] != 3 || filter[2] != 3 || attr.stride_h != 1 || attr.stride_w != 1 ||
        attr.dilation_h != 1 || attr.dilation_w != 1 || channels.size() % 4 != 0)
      return;
    Keep(channels, (4 - std::count(channels.begin(), channels.end(), true) % 4) % 4);
  }

  const Graph& graph_;
  const LoweredNodes& lowered_;
  const std::vector<Ranges>& ranges_;
  Needs needs_;
  bool changed_ = false;
};

}  // namespace

Flow FlowOf(const Graph& graph, const Node& node, const std::optional<Lowered>& lowered) {
  if (!lowered || !IsActivation(graph, node.inputs[0]) || !IsActivation(graph, node.outputs[0])) {
    return Flow::kOpaque;
  }
  if (node.op == Op::kConv2D) {
    return lowered->As<ConvAttr>().groups == 1 ? Flow::kSums : Flow::kOpaque;
  }
  if (node.op == Op::kFullyConnected) {
    const int32_t channels = TensorOf(graph, node.inputs[0]).dims.back();
    const bool whole = TensorOf(graph, node.inputs[1]).dims[1] % channels == 0;
    return whole ? Flow::kSums : Flow::kOpaque;
  }
  return Ties(graph, node, *lowered) ? Flow::kTied : Flow::kOpaque;
}

size_t TiedChannel(const Node& node, size_t j, size_t input_channels) {
  if (node.op != Op::kDepthwiseConv2D) return j % input_channels;
  return j / static_cast<size_t>(std::get<Window>(node.attributes).depth_multiplier);
}

std::optional<Needs> NeedsOf(const Graph& graph, const LoweredNodes& lowered,
                             const std::vector<Ranges>& ranges) {
  return Search(graph, lowered, ranges).Run();
}

}  // namespace covey::compiler
