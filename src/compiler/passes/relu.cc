#include <optional>

#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"

namespace covey::compiler {
namespace {

bool TakesActivation(Op op) {
  return op == Op::kConv2D || op == Op::kDepthwiseConv2D || op == Op::kFullyConnected ||
         op == Op::kAdd || op == Op::kSub || op == Op::kMul || op == Op::kAveragePool2D ||
         op == Op::kMaxPool2D || op == Op::kRelu;
}

// The one activation that clamps as `first` and then `second` do; nothing if there is none.
std::optional<Activation> Both(Activation first, Activation second) {
  if (first == Activation::kNone || first == second) return second;
  if (second == Activation::kNone) return first;
  if (first == Activation::kReluN1To1 || second == Activation::kReluN1To1) return std::nullopt;
  return Activation::kRelu6;  // relu and relu6, either way round
}

bool SameQuant(const Tensor& a, const Tensor& b) {
  return a.dtype == b.dtype && a.quant.scales == b.quant.scales &&
         a.quant.zero_points == b.quant.zero_points;
}

// Fuses each relu whose writer was not changed by this round; whether there was one.
bool FuseOnce(Graph& graph) {
  const Uses uses(graph);
  std::vector<bool> changed(graph.nodes.size());
  bool any = false;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& relu = graph.nodes[i];
    if (relu.op != Op::kRelu || relu.inputs.empty() || relu.inputs[0] == kNoTensor ||
        relu.outputs.size() != 1 || relu.outputs[0] == kNoTensor) {
      continue;
    }
    const int middle = relu.inputs[0];
    const int writer = uses.writer(middle);
    if (writer < 0 || !uses.only_reader(middle) || changed[static_cast<size_t>(writer)]) continue;
    Node& before = graph.nodes[static_cast<size_t>(writer)];
    const auto both = Both(before.activation, relu.activation);
    if (!TakesActivation(before.op) || !both || before.outputs[0] != middle ||
        !SameQuant(TensorOf(graph, middle), TensorOf(graph, relu.outputs[0]))) {
      continue;
    }
    before.activation = *both;
    before.outputs[0] = relu.outputs[0];
    relu.outputs[0] = middle;  // dead now
    relu.inputs[0] = before.outputs[0];
    changed[i] = any = true;
  }
  return any;
}

}  // namespace

// Only with equal quantisation is relu a clamp of what the op before it would have clamped anyway;
// otherwise it rounds a second time, and moving it would change bytes.
Status FuseRelu(Graph& graph, Diag& diag) {
  while (FuseOnce(graph)) COVEY_TRY(RemoveDead(graph, diag));
  return RemoveDead(graph, diag);
}

}  // namespace covey::compiler
