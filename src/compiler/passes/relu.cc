#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"

namespace covey::compiler {
namespace {

bool TakesActivation(Op op) {
  return op == Op::kConv2D || op == Op::kDepthwiseConv2D || op == Op::kFullyConnected ||
         op == Op::kAdd || op == Op::kAveragePool2D || op == Op::kMaxPool2D;
}

bool SameQuant(const Tensor& a, const Tensor& b) {
  return a.dtype == b.dtype && a.quant.scales == b.quant.scales &&
         a.quant.zero_points == b.quant.zero_points;
}

}  // namespace

// Only with equal quantisation is relu a clamp of what the op before it would have clamped anyway;
// otherwise it rounds a second time, and moving it would change bytes.
Status FuseRelu(Graph& graph, Diag& diag) {
  const Uses uses(graph);
  for (Node& relu : graph.nodes) {
    if (relu.op != Op::kRelu || relu.inputs.empty() || relu.inputs[0] == kNoTensor ||
        relu.outputs.size() != 1 || relu.outputs[0] == kNoTensor) {
      continue;
    }
    const int middle = relu.inputs[0];
    const int writer = uses.writer(middle);
    if (writer < 0 || !uses.only_reader(middle)) continue;
    Node& before = graph.nodes[static_cast<size_t>(writer)];
    if (!TakesActivation(before.op) || before.activation != Activation::kNone ||
        before.outputs[0] != middle ||
        !SameQuant(TensorOf(graph, middle), TensorOf(graph, relu.outputs[0]))) {
      continue;
    }
    before.activation = relu.activation;
    before.outputs[0] = relu.outputs[0];
    relu.outputs[0] = middle;  // dead now
    relu.inputs[0] = before.outputs[0];
  }
  return RemoveDead(graph, diag);
}

}  // namespace covey::compiler
