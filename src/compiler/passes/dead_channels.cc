// Channels that are constant, or that nobody reads, go: they leave the op that makes them, and what
// a constant one adds to a sum goes into the bias. In MLPerf's visual wake words that is half of
// the work.
//
//   conv (8 channels) -> conv 1x1        channel 3 is always 5, channel 6 has zero weights:
//   conv (6 channels) -> conv 1x1        bias[o] += w[o][3] * (5 - zero point)
//
// Exact: sums are the same modulo 2^32, which is how kernels add a bias.
#include <functional>
#include <numeric>
#include <utility>

#include "compiler/lower/lower.hpp"
#include "compiler/passes/needs.hpp"
#include "compiler/passes/ranges.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"

namespace covey::compiler {
namespace {

using Bytes = std::vector<std::byte>;
using Channels = std::vector<size_t>;  // those that stay, ascending

Channels Kept(const std::vector<bool>& needed) {
  Channels kept;
  for (size_t c = 0; c < needed.size(); ++c) {
    if (needed[c]) kept.push_back(c);
  }
  return kept;
}

template <typename T>
void Gather(std::vector<T>& values, const Channels& kept) {
  if (values.size() <= 1) return;  // one for all
  std::vector<T> result;
  for (size_t c : kept) result.push_back(values[c]);
  values = std::move(result);
}

// Weights of the outputs that stay; their scales with them.
Tensor OutputsOf(const Tensor& weights, const Channels& kept, size_t axis) {
  Tensor made = weights;
  made.dims[axis] = static_cast<int32_t>(kept.size());
  Gather(made.quant.scales, kept);
  Gather(made.quant.zero_points, kept);
  return made;
}

void SetData(Tensor& tensor, Bytes data) {
  tensor.data = std::make_shared<const Bytes>(std::move(data));
}

class Compactor {
 public:
  Compactor(Graph& graph, const LoweredNodes& lowered, const std::vector<Ranges>& ranges,
            const Needs& needs)
      : graph_(graph), lowered_(lowered), ranges_(ranges), needs_(needs) {}

  void Run() {
    const size_t tensors = graph_.tensors.size();
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      Node& node = graph_.nodes[i];
      if (!lowered_[i] || !(Drops(node.inputs[0]) || Drops(node.outputs[0]))) continue;
      if (FlowOf(graph_, node, lowered_[i]) == Flow::kSums) Sums(node, *lowered_[i]);
      if (node.op == Op::kDepthwiseConv2D) Depthwise(node);
      if (node.op == Op::kReshape) node.inputs.resize(1);  // its shape, if it names one, is stale
    }
    for (size_t t = 0; t < tensors; ++t) {
      if (!Drops(static_cast<int>(t))) continue;
      graph_.tensors[t].dims.back() = static_cast<int32_t>(Kept(needs_[t]).size());
    }
  }

 private:
  const std::vector<bool>& NeedsOfTensor(int tensor) const {
    return needs_[static_cast<size_t>(tensor)];
  }
  bool Drops(int tensor) const {
    const std::vector<bool>& needed = NeedsOfTensor(tensor);
    return Kept(needed).size() < needed.size();
  }

  // weights (O, taps, I), I innermost: conv2d and fully_connected alike
  void Sums(Node& node, const Lowered& lowered) {
    const std::vector<bool>& in = NeedsOfTensor(node.inputs[0]);
    const Channels outputs = Kept(NeedsOfTensor(node.outputs[0]));
    const Tensor weights = TensorOf(graph_, node.inputs[1]);
    const size_t filter = weights.data->size() / NeedsOfTensor(node.outputs[0]).size();
    Bytes data;
    for (size_t o : outputs) {
      for (size_t i = 0; i < filter; ++i) {
        if (in[i % in.size()]) data.push_back((*weights.data)[o * filter + i]);
      }
    }
    SetBias(node, FoldedBias(node, lowered, outputs));
    Tensor made = OutputsOf(weights, outputs, 0);
    const size_t taps = filter / static_cast<size_t>(weights.dims.back());
    made.dims.back() = static_cast<int32_t>(data.size() / outputs.size() / taps);
    SetData(made, std::move(data));
    node.inputs[1] = AddTensor(graph_, std::move(made));
  }

  // weights (1, KH, KW, O)
  void Depthwise(Node& node) {
    const std::vector<bool>& out = NeedsOfTensor(node.outputs[0]);
    const Channels outputs = Kept(out);
    const Tensor weights = TensorOf(graph_, node.inputs[1]);
    Bytes data;
    for (size_t i = 0; i < weights.data->size(); ++i) {
      if (out[i % out.size()]) data.push_back((*weights.data)[i]);
    }
    std::vector<uint32_t> bias;
    for (size_t o : outputs) bias.push_back(static_cast<uint32_t>(BiasAt(graph_, node, o)));
    SetBias(node, bias);
    Tensor made = OutputsOf(weights, outputs, 3);
    SetData(made, std::move(data));
    node.inputs[1] = AddTensor(graph_, std::move(made));
  }

  // The bias of each output that stays, with what the constant inputs that go would have added.
  std::vector<uint32_t> FoldedBias(const Node& node, const Lowered& lowered,
                                   const Channels& outputs) const {
    const std::vector<bool>& in = NeedsOfTensor(node.inputs[0]);
    const Ranges& ranges = ranges_[static_cast<size_t>(node.inputs[0])];
    const Tensor& weights = TensorOf(graph_, node.inputs[1]);
    const auto attr = lowered.As<ConvAttr>();
    const size_t filter = weights.data->size() / NeedsOfTensor(node.outputs[0]).size();
    std::vector<uint32_t> bias;
    for (size_t o : outputs) {
      bias.push_back(static_cast<uint32_t>(BiasAt(graph_, node, o)));
      for (size_t i = 0; i < filter; ++i) {
        const size_t channel = i % in.size();
        if (in[channel] || !ranges[channel].constant()) continue;
        const int32_t value = ranges[channel].lo + attr.input_offset;
        bias.back() +=
            static_cast<uint32_t>(value * WeightAt(weights, o * filter + i, attr.weights_offset));
      }
    }
    return bias;
  }

  // A bias of its own for the node; none if it had none and needs none.
  void SetBias(Node& node, const std::vector<uint32_t>& bias) {
    const bool had = node.inputs.size() > 2 && node.inputs[2] != kNoTensor;
    const uint32_t bits =
        std::accumulate(bias.begin(), bias.end(), uint32_t{0}, std::bit_or<uint32_t>());
    if (!had && bits == 0) return;
    Tensor made = had ? TensorOf(graph_, node.inputs[2]) : Tensor{};
    if (!had) made.name = node.name + "/bias";
    made.dtype = DType::kInt32;
    made.dims = {static_cast<int32_t>(bias.size())};
    made.quant = {};  // the op knows its scale: input times weights
    Bytes data(bias.size() * sizeof(uint32_t));
    std::memcpy(data.data(), bias.data(), data.size());
    SetData(made, std::move(data));
    node.inputs.resize(3, kNoTensor);
    node.inputs[2] = AddTensor(graph_, std::move(made));
  }

  Graph& graph_;
  const LoweredNodes& lowered_;
  const std::vector<Ranges>& ranges_;
  const Needs& needs_;
};

// Shapes come from outside: a small file may name tensors of many channels that it does not hold.
bool TooManyChannels(const Graph& graph) {
  constexpr int64_t kMost = 1 << 22;
  int64_t channels = 0;
  for (const Tensor& tensor : graph.tensors) {
    if (!tensor.dims.empty()) channels += tensor.dims.back();
  }
  return channels > kMost;
}

}  // namespace

Status DropDeadChannels(Graph& graph, Diag&) {
  if (TooManyChannels(graph)) return OkStatus();
  NoDiag quiet;  // what cannot be lowered is refused later, with words
  LoweredNodes lowered;
  for (const Node& node : graph.nodes) {
    Result<Lowered> one = Lower(graph, node, quiet);
    lowered.push_back(one.ok() ? std::optional<Lowered>(std::move(*one)) : std::nullopt);
  }
  const std::vector<Ranges> ranges = RangesOf(graph, lowered);
  const std::optional<Needs> needs = NeedsOf(graph, lowered, ranges);
  if (needs) Compactor(graph, lowered, ranges, *needs).Run();
  return OkStatus();
}

}  // namespace covey::compiler
