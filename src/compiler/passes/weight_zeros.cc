// Weights with a zero point, as quantisers write them that know asymmetric bytes only. The kernels
// take weights around 0:
//
//   sum x * (w - z)       where w - z is a byte, it is the weight
//                         else it is the sum of two or three bytes, and the input is read as often:
//   sum x * a + x * b     channels x x, weights a b
//
// Exact: the same sum of whole numbers.
#include <algorithm>
#include <optional>

#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"

namespace covey::compiler {
namespace {

constexpr int32_t kLeast = -128, kMost = 127;

struct Steps {                // w - z, as OHWI
  std::vector<int32_t> dims;  // (O, H, W, I); (O, I)
  std::vector<int32_t> values;
  int32_t groups = 1;
};

bool Needs(Op op, const Tensor& weights) {
  const auto& zeros = weights.quant.zero_points;
  const bool products = op == Op::kFullyConnected && zeros.size() > 1;  // it subtracts one itself
  const bool windows = op == Op::kConv2D || op == Op::kDepthwiseConv2D || op == Op::kTransposeConv;
  return (products || windows) && weights.constant() && weights.dtype == DType::kInt8 &&
         !weights.quant.empty() &&
         std::any_of(zeros.begin(), zeros.end(), [](int32_t zero) { return zero != 0; });
}

std::vector<int32_t> Differences(const Tensor& weights) {
  const Quant& quant = weights.quant;
  size_t inner = 1;
  for (size_t d = weights.dims.size(); quant.axis >= 0 && d-- > size_t(quant.axis) + 1;) {
    inner *= static_cast<size_t>(weights.dims[d]);
  }
  std::vector<int32_t> values(weights.data->size());
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t at = i / inner % quant.zero_points.size();
    values[i] = static_cast<int8_t>((*weights.data)[i]) - quant.zero_points[at];
  }
  return values;
}

// A depthwise (1, H, W, C * m) becomes a convolution in C groups, (C * m, H, W, 1).
Steps StepsOf(const Node& node, const Tensor& weights) {
  const auto* window = std::get_if<Window>(&node.attributes);
  Steps steps{weights.dims, Differences(weights), window != nullptr ? window->groups : 1};
  if (node.op != Op::kDepthwiseConv2D) return steps;
  const std::vector<int32_t>& d = weights.dims;
  const auto channels = static_cast<size_t>(d[3]), taps = static_cast<size_t>(d[1] * d[2]);
  std::vector<int32_t> turned(steps.values.size());
  for (size_t c = 0; c < channels; ++c) {
    for (size_t t = 0; t < taps; ++t) turned[c * taps + t] = steps.values[t * channels + c];
  }
  steps.values = std::move(turned);
  steps.dims = {d[3], d[1], d[2], 1};
  steps.groups = d[3] / std::max(window->depth_multiplier, 1);
  return steps;
}

Tensor WithBytes(const Tensor& weights, std::vector<int32_t> dims,
                 const std::vector<int32_t>& values) {
  Tensor made = weights;
  if (made.quant.axis >= 0 && dims != made.dims) made.quant.axis = 0;
  made.dims = std::move(dims);
  std::fill(made.quant.zero_points.begin(), made.quant.zero_points.end(), 0);
  std::vector<std::byte> bytes(values.size());
  std::transform(values.begin(), values.end(), bytes.begin(),
                 [](int32_t value) { return static_cast<std::byte>(static_cast<int8_t>(value)); });
  made.data = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  return made;
}

// The same channels `parts` times, group by group.
Node Repeated(Graph& graph, const Node& node, int32_t groups, int32_t parts) {
  const Tensor& input = TensorOf(graph, node.inputs[0]);
  const int32_t each = input.dims.back() / groups;
  Gather gather{static_cast<int32_t>(input.dims.size()) - 1, {}};
  for (int32_t g = 0; g < groups; ++g) {
    for (int32_t p = 0; p < parts; ++p) {
      for (int32_t c = 0; c < each; ++c) gather.positions.push_back(g * each + c);
    }
  }
  Tensor made = input;
  made.name += "/repeated";
  made.dims.back() *= parts;
  Node repeated;
  repeated.op = Op::kGather;
  repeated.name = node.name + "/repeated";
  repeated.source_op = "(weights)";
  repeated.inputs = {node.inputs[0]};
  repeated.outputs = {AddTensor(graph, std::move(made))};
  repeated.attributes = std::move(gather);
  return repeated;
}

// Weights of `parts` bytes each, side by side along the input's channels.
std::vector<int32_t> Parts(const Steps& steps, int32_t parts) {
  const auto depth = static_cast<size_t>(steps.dims.back());
  std::vector<int32_t> values(steps.values.size() * static_cast<size_t>(parts));
  for (size_t i = 0; i < steps.values.size(); ++i) {
    int32_t left = steps.values[i];
    for (int32_t p = 0; p < parts; ++p) {
      const int32_t part = std::clamp(left, kLeast, kMost);
      values[(i / depth * static_cast<size_t>(parts) + static_cast<size_t>(p)) * depth +
             i % depth] = part;
      left -= part;
    }
  }
  return values;
}

std::optional<Node> Rewrite(Graph& graph, Node& node) {
  const Tensor weights = TensorOf(graph, node.inputs[1]);
  const auto range = Differences(weights);
  const auto [least, most] = std::minmax_element(range.begin(), range.end());
  if (range.empty()) return std::nullopt;
  if (*least >= kLeast && *most <= kMost) {
    node.inputs[1] = AddTensor(graph, WithBytes(weights, weights.dims, range));
    return std::nullopt;
  }
  Steps steps = StepsOf(node, weights);
  const Tensor& input = TensorOf(graph, node.inputs[0]);
  const int64_t channels = int64_t{steps.groups} * steps.dims.back();
  constexpr int64_t kMostChannels = 1 << 16;
  if (input.dims.empty() || input.dims.back() != channels || channels > kMostChannels) {
    return std::nullopt;  // stays as it is, to be refused with words
  }
  const int32_t parts = *least >= 2 * kLeast && *most <= 2 * kMost ? 2 : 3;
  Node repeated = Repeated(graph, node, steps.groups, parts);
  const auto values = Parts(steps, parts);
  steps.dims.back() *= parts;
  node.inputs[0] = repeated.outputs[0];
  node.inputs[1] = AddTensor(graph, WithBytes(weights, steps.dims, values));
  if (auto* window = std::get_if<Window>(&node.attributes)) {
    window->groups = steps.groups;
    window->depth_multiplier = 1;
  }
  if (node.op == Op::kDepthwiseConv2D) node.op = Op::kConv2D;
  return repeated;
}

}  // namespace

Status SubtractWeightZeros(Graph& graph, Diag&) {
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    if (node.inputs.size() > 1 && node.inputs[0] != kNoTensor && node.inputs[1] != kNoTensor &&
        Needs(node.op, TensorOf(graph, node.inputs[1]))) {
      if (auto before = Rewrite(graph, node)) nodes.push_back(std::move(*before));
    }
    nodes.push_back(std::move(node));
  }
  graph.nodes = std::move(nodes);
  return OkStatus();
}

}  // namespace covey::compiler
