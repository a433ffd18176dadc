#include "compiler/compile.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/ir/print.hpp"

namespace covey::compiler {
namespace {

// Multiply-accumulates of one node; every other op counts none.
uint64_t MacsOf(const Graph& graph, const Node& node) {
  if (node.inputs.size() < 2 || node.inputs[1] == kNoTensor || node.outputs.empty() ||
      node.outputs[0] == kNoTensor) {
    return 0;
  }
  const Tensor& weights = graph.tensors[static_cast<size_t>(node.inputs[1])];
  const auto outputs =
      static_cast<uint64_t>(graph.tensors[static_cast<size_t>(node.outputs[0])].elements());
  const std::vector<int32_t>& dims = weights.dims;
  switch (node.op) {
    case Op::kConv2D:
      return dims.size() == 4 ? outputs * static_cast<uint64_t>(dims[1]) *
                                    static_cast<uint64_t>(dims[2]) * static_cast<uint64_t>(dims[3])
                              : 0;
    case Op::kDepthwiseConv2D:
      return dims.size() == 4
                 ? outputs * static_cast<uint64_t>(dims[1]) * static_cast<uint64_t>(dims[2])
                 : 0;
    case Op::kFullyConnected:
      return dims.size() == 2 ? outputs * static_cast<uint64_t>(dims[1]) : 0;
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
