#include "serve/space/layer_table.hpp"

#include <algorithm>

namespace covey::serve {
namespace {

using compiler::Graph;
using compiler::Node;
using plan::LayerOp;

const compiler::Tensor& At(const Graph& graph, int tensor) {
  return graph.tensors[static_cast<size_t>(tensor)];
}

LayerOp OpOf(const Graph& graph, const Node& node) {
  switch (node.op) {
    case Op::kConv2D:
      // One row high: a convolution along one axis.
      return At(graph, node.inputs[0]).dims[1] == 1 ? LayerOp::kConv1d : LayerOp::kConv2d;
    case Op::kDepthwiseConv2D:
      return LayerOp::kDepthwise;
    case Op::kTransposeConv:
      return LayerOp::kConvTranspose2d;
    case Op::kFullyConnected:
      return LayerOp::kLinear;
    default:
      return LayerOp::kPassthrough;
  }
}

// What arrays have no unit for: they pool, add and copy, and clip the sum.
std::string FunctionOf(const Node& node) {
  switch (node.op) {
    case Op::kConv2D:
    case Op::kDepthwiseConv2D:
    case Op::kFullyConnected:
    case Op::kTransposeConv:
    case Op::kAdd:
    case Op::kSub:
    case Op::kAveragePool2D:
    case Op::kMaxPool2D:
    case Op::kMean:
    case Op::kReshape:
    case Op::kRelu:
    case Op::kConcat:
      return {};
    default:
      return OpName(node.op);
  }
}

void SetSizes(const compiler::Tensor& tensor, int32_t& height, int32_t& width, int32_t& channels) {
  const auto& dims = tensor.dims;
  height = dims.size() == 4 ? dims[1] : 1;
  width = dims.size() == 4 ? dims[2] : 1;
  channels = dims.empty() ? 1 : dims.back();
}

plan::Layer LayerOf(const Graph& graph, const Node& node, const compiler::OpSummary& summary) {
  plan::Layer layer{.name = node.name, .op = OpOf(graph, node), .function = FunctionOf(node)};
  layer.macs = static_cast<int64_t>(summary.macs);
  plan::LayerShape& shape = layer.shape;
  SetSizes(At(graph, node.inputs[0]), shape.in_h, shape.in_w, shape.cin);
  SetSizes(At(graph, node.outputs[0]), shape.out_h, shape.out_w, shape.cout);
  int operands = 0;
  // Behind weights and bias an image has the same weights in another order, for fast kernels.
  const bool convolves = layer.op != LayerOp::kPassthrough;
  const size_t inputs = convolves ? std::min(size_t{3}, node.inputs.size()) : node.inputs.size();
  for (size_t i = 0; i < inputs; ++i) {
    if (node.inputs[i] == compiler::kNoTensor) continue;
    const compiler::Tensor& tensor = At(graph, node.inputs[i]);
    const auto bytes = static_cast<int64_t>(tensor.bytes());
    if (!tensor.constant()) {
      layer.in_bytes += tensor.state ? 0 : bytes;
      operands += tensor.state ? 0 : 1;
    } else if (i == 1) {
      layer.weight_bytes += bytes;
      shape.weight_bits = 8;
      if (tensor.dims.size() == 4) shape.kernel_h = tensor.dims[1], shape.kernel_w = tensor.dims[2];
    } else {
      // Biases are kept as bytes on the arrays that the formulas are of, one an output.
      layer.bias_bytes += tensor.elements();
    }
  }
  shape.operands = std::max(1, operands);
  if (const auto* window = std::get_if<compiler::Window>(&node.attributes)) {
    if (layer.op == LayerOp::kPassthrough) {
      shape.pool_h = window->window_h, shape.pool_w = window->window_w;
      shape.pool_stride_h = window->stride_h, shape.pool_stride_w = window->stride_w;
    } else {
      shape.stride_h = window->stride_h, shape.stride_w = window->stride_w;
      shape.dilation_h = window->dilation_h, shape.dilation_w = window->dilation_w;
      shape.pad =
          window->padding == compiler::Padding::kSame ? shape.kernel_h / 2 : window->pad_top;
    }
  }
  if (node.op == Op::kMean) {
    // A pooling of the whole picture.
    shape.pool_h = shape.pool_stride_h = shape.in_h;
    shape.pool_w = shape.pool_stride_w = shape.in_w;
  }
  for (const int output : node.outputs)
    layer.out_bytes += static_cast<int64_t>(At(graph, output).bytes());
  return layer;
}

}  // namespace

Result<plan::LayerTable> LayerTableOf(const Graph& graph) {
  plan::LayerTable table{.name = graph.name};
  for (const int input : graph.inputs)
    table.input_bytes += static_cast<int64_t>(At(graph, input).bytes());
  const compiler::Summary summary = compiler::Summarise(graph);
  std::vector<int> writer(graph.tensors.size(), plan::kNetworkInput);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    plan::Layer layer = LayerOf(graph, node, summary.ops[i]);
    for (const int input : node.inputs) {
      if (input == compiler::kNoTensor || At(graph, input).constant() || At(graph, input).state)
        continue;
      layer.inputs.push_back(writer[static_cast<size_t>(input)]);
    }
    for (const int output : node.outputs) writer[static_cast<size_t>(output)] = static_cast<int>(i);
    table.layers.push_back(std::move(layer));
  }
  for (const int output : graph.outputs)
    table.outputs.push_back(writer[static_cast<size_t>(output)]);
  COVEY_TRY(plan::FillCuts(table));
  return table;
}

}  // namespace covey::serve
