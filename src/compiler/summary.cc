#include "compiler/compile.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/ir/print.hpp"

namespace covey::compiler {
namespace {

// How often each weight of a recurrent layer is used: once a sample and time step.
uint64_t StepsOf(const Tensor& input) {
  return input.dims.empty() || input.dims.back() == 0
             ? 0
             : static_cast<uint64_t>(input.elements() / input.dims.back());
}

uint64_t MatricesOf(const Graph& graph, const Node& node) {
  uint64_t elements = 0;
  for (const int input : node.inputs) {
    if (input == kNoTensor) continue;
    const Tensor& tensor = graph.tensors[static_cast<size_t>(input)];
    if (tensor.constant() && tensor.dims.size() == 2 && tensor.dtype != DType::kInt32)
      elements += static_cast<uint64_t>(tensor.elements());
  }
  return elements;
}

// The length of the rows that a product of two activations sums over.
uint64_t DepthOf(const Node& node, const Tensor& first) {
  const auto* product = std::get_if<MatMul>(&node.attributes);
  const size_t rank = first.dims.size();
  if (product == nullptr || rank < 2) return 0;
  return static_cast<uint64_t>(first.dims[product->transposed0 ? rank - 2 : rank - 1]);
}

// Multiply-accumulates of one node; an op without weights or products counts none.
uint64_t MacsOf(const Graph& graph, const Node& node) {
  if (node.inputs.size() < 2 || node.inputs[0] == kNoTensor || node.inputs[1] == kNoTensor ||
      node.outputs.empty() || node.outputs[0] == kNoTensor) {
    return 0;
  }
  const Tensor& input = graph.tensors[static_cast<size_t>(node.inputs[0])];
  const std::vector<int32_t>& dims = graph.tensors[static_cast<size_t>(node.inputs[1])].dims;
  const auto outputs =
      static_cast<uint64_t>(graph.tensors[static_cast<size_t>(node.outputs[0])].elements());
  const auto product = [&](size_t first, size_t last) {
    uint64_t of = 1;
    for (size_t i = first; i <= last; ++i) of *= static_cast<uint64_t>(dims[i]);
    return of;
  };
  switch (node.op) {
    case Op::kConv2D:
      return dims.size() == 4 ? outputs * product(1, 3) : 0;
    case Op::kDepthwiseConv2D:
      return dims.size() == 4 ? outputs * product(1, 2) : 0;
    case Op::kTransposeConv:
      return dims.size() == 4 ? static_cast<uint64_t>(input.elements()) * product(0, 2) : 0;
    case Op::kFullyConnected:
      return dims.size() == 2 ? outputs * product(1, 1) : 0;
    case Op::kBatchMatMul:
      return outputs * DepthOf(node, input);
    case Op::kSvdf:
    case Op::kLstm:
      return StepsOf(input) * MatricesOf(graph, node);
    default:
      return 0;
  }
}

}  // namespace

Summary Summarise(const Graph& graph) {
  Summary summary;
  summary.name = graph.name;
  std::vector<bool> counted(graph.tensors.size());
  for (const Node& node : graph.nodes) {
    OpSummary op;
    op.op = node.op == Op::kUnary ? OpText(node) : OpName(node.op);
    op.name = node.name;
    op.source_op = node.source_op;
    for (int input : node.inputs) {
      if (input == kNoTensor) continue;
      const Tensor& tensor = graph.tensors[static_cast<size_t>(input)];
      op.inputs.push_back(TypeAndShape(tensor));
      if (!tensor.constant() || counted[static_cast<size_t>(input)]) continue;
      counted[static_cast<size_t>(input)] = true;  // shared weights count once
      op.weight_bytes += tensor.data->size();
    }
    for (int output : node.outputs) {
      if (output == kNoTensor) continue;
      op.outputs.push_back(TypeAndShape(graph.tensors[static_cast<size_t>(output)]));
    }
    op.macs = MacsOf(graph, node);
    summary.macs += op.macs;
    summary.weight_bytes += op.weight_bytes;
    summary.ops.push_back(std::move(op));
  }
  return summary;
}

}  // namespace covey::compiler
