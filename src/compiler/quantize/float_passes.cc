#include "compiler/quantize/float_passes.hpp"

#include <algorithm>

#include "compiler/ir/check.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"
#include "compiler/quantize/constants.hpp"
#include "compiler/quantize/rules.hpp"

namespace covey::compiler {
namespace {

bool IsFloatConstant(const Graph& graph, int tensor, int64_t elements) {
  if (tensor == kNoTensor) return false;
  const Tensor& t = TensorOf(graph, tensor);
  return t.constant() && t.dtype == DType::kFloat32 && t.elements() == elements;
}

// A depthwise convolution of one tap: y[c] = x[c] * w[c] + b[c].
bool IsScale(const Graph& graph, const Node& node) {
  const auto* window = std::get_if<Window>(&node.attributes);
  if (node.op != Op::kDepthwiseConv2D || window == nullptr || node.inputs.size() < 2 ||
      node.inputs[0] == kNoTensor || node.outputs.size() != 1 || node.outputs[0] == kNoTensor) {
    return false;
  }
  const Tensor& in = TensorOf(graph, node.inputs[0]);
  return in.dims.size() == 4 && window->window_h == 1 && window->window_w == 1 &&
         window->stride_h == 1 && window->stride_w == 1 && window->depth_multiplier == 1 &&
         window->pad_top == 0 && window->pad_left == 0 && window->pad_bottom == 0 &&
         window->pad_right == 0 && in.dims == TensorOf(graph, node.outputs[0]).dims &&
         IsFloatConstant(graph, node.inputs[1], in.dims[3]) &&
         (node.inputs.size() < 3 || node.inputs[2] == kNoTensor ||
          IsFloatConstant(graph, node.inputs[2], in.dims[3]));
}

std::vector<float> NumbersOr(const Graph& graph, const Node& node, size_t i, size_t count,
                             float otherwise) {
  if (i >= node.inputs.size() || node.inputs[i] == kNoTensor) {
    return std::vector<float>(count, otherwise);
  }
  return NumbersOf(TensorOf(graph, node.inputs[i]));
}

// Multiplies the output channels of `conv` by the scale's weights and moves its bias.
bool TakeScale(Graph& graph, const Node& scale, Node& conv) {
  if (RuleOf(conv) != QuantRule::kWeights || conv.activation != Activation::kNone ||
      conv.inputs.size() < 2 || conv.inputs[1] == kNoTensor) {
    return false;
  }
  const int axis = WeightAxis(conv.op);
  Tensor weights = TensorOf(graph, conv.inputs[1]);
  const auto channels = static_cast<size_t>(TensorOf(graph, scale.inputs[1]).elements());
  if (!weights.constant() || weights.dtype != DType::kFloat32 ||
      weights.dims.size() <= static_cast<size_t>(axis) ||
      weights.dims[static_cast<size_t>(axis)] != static_cast<int64_t>(channels) ||
      weights.data->size() != weights.bytes()) {
    return false;
  }
  const bool biased = conv.inputs.size() > 2 && conv.inputs[2] != kNoTensor;
  if (biased && !IsFloatConstant(graph, conv.inputs[2], static_cast<int64_t>(channels))) {
    return false;
  }
  const std::vector<float> factor = NumbersOf(TensorOf(graph, scale.inputs[1]));
  const std::vector<float> offset = NumbersOr(graph, scale, 2, channels, 0);
  std::vector<float> bias = NumbersOr(graph, conv, 2, channels, 0);
  std::vector<float> numbers = NumbersOf(weights);
  const AxisWalk walk(weights.dims, axis);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] *= factor[walk.channel(i)];
  for (size_t c = 0; c < channels; ++c) bias[c] = bias[c] * factor[c] + offset[c];
  SetNumbers(weights, numbers);
  Tensor moved;
  moved.name = weights.name + "/bias";
  moved.dtype = DType::kFloat32;
  moved.dims = {static_cast<int32_t>(channels)};
  SetNumbers(moved, bias);
  conv.inputs.resize(3, kNoTensor);
  conv.inputs[1] = AddTensor(graph, std::move(weights));
  conv.inputs[2] = AddTensor(graph, std::move(moved));
  return true;
}

bool FoldOne(Graph& graph) {
  const Uses uses(graph);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node scale = graph.nodes[i];
    if (!IsScale(graph, scale)) continue;
    const int writer = uses.writer(scale.inputs[0]);
    if (writer < 0 || !uses.only_reader(scale.inputs[0])) continue;
    Node& conv = graph.nodes[static_cast<size_t>(writer)];
    if (conv.outputs.size() != 1 || !TakeScale(graph, scale, conv)) continue;
    conv.outputs[0] = scale.outputs[0];
    conv.activation = scale.activation;
    graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(i));
    return true;
  }
  return false;
}

}  // namespace

Status DequantiseConstants(Graph& graph, Diag&) {
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (node.outputs.empty() || node.outputs[0] == kNoTensor ||
        TensorOf(graph, node.outputs[0]).dtype != DType::kFloat32) {
      continue;
    }
    for (size_t k = 0; k < node.inputs.size(); ++k) {
      const int input = graph.nodes[i].inputs[k];
      if (input == kNoTensor) continue;
      const Tensor& tensor = TensorOf(graph, input);
      if (!tensor.constant() || tensor.dtype != DType::kInt8 || tensor.quant.empty()) continue;
      graph.nodes[i].inputs[k] = AddTensor(graph, Dequantise(tensor));
    }
  }
  return OkStatus();
}

Status FoldScales(Graph& graph, Diag&) {
  while (FoldOne(graph)) {
  }
  return OkStatus();
}

Status SimplifyFloat(Graph& graph, Diag& diag) {
  COVEY_TRY(CheckGraph(graph, diag));
  COVEY_TRY(RemoveDead(graph, diag));
  COVEY_TRY(DequantiseConstants(graph, diag));
  COVEY_TRY(FoldConstants(graph, diag));
  COVEY_TRY(RemoveMoves(graph, diag));
  COVEY_TRY(FuseSwish(graph, diag));
  COVEY_TRY(FoldScales(graph, diag));
  COVEY_TRY(FuseRelu(graph, diag));
  return RemoveDead(graph, diag);
}

}  // namespace covey::compiler
