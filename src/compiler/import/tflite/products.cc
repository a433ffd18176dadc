// TRANSPOSE_CONV, BATCH_MATMUL, ARG_MAX, ARG_MIN.
#include <cstring>

#include "compiler/import/tflite/options.hpp"
#include "compiler/import/tflite/read.hpp"
#include "schema_generated.h"

namespace covey::compiler::tflite {
namespace {

// TFLite's inputs: the output's shape, weights, input, bias.
void SetTransposeConv(const TransposeConv& options, const Graph& graph, Node& node) {
  const auto* input = TensorAt(graph, node.inputs, 2);
  const auto* weights = TensorAt(graph, node.inputs, 1);
  const auto activation = ActivationOf(options.activation());
  if (input == nullptr || weights == nullptr || !activation || weights->dims.size() != 4) return;
  Window window;
  window.stride_h = options.stride_h();
  window.stride_w = options.stride_w();
  window.padding = options.padding() == tflite::Padding::SAME ? covey::compiler::Padding::kSame
                                                              : covey::compiler::Padding::kValid;
  window.window_h = weights->dims[1];
  window.window_w = weights->dims[2];
  std::vector<int> inputs = {node.inputs[2], node.inputs[1]};
  if (node.inputs.size() > 3) inputs.push_back(node.inputs[3]);
  node.inputs = inputs;
  node.op = Op::kTransposeConv;
  node.activation = *activation;
  node.attributes = window;
}

void SetArg(Op op, const Graph& graph, Node& node) {
  const auto* input = TensorAt(graph, node.inputs, 0);
  const auto axis = Numbers(TensorAt(graph, node.inputs, 1));
  if (input == nullptr || !axis || axis->size() != 1) return;
  const auto rank = static_cast<int32_t>(input->dims.size());
  const int32_t at = (*axis)[0] < 0 ? (*axis)[0] + rank : (*axis)[0];
  if (at < 0 || at >= rank) return;
  node.inputs.resize(1);
  node.op = op;
  node.attributes = Axis{at};
}

}  // namespace

bool SetProduct(const Operator& op, Builtin code, const Graph& graph, Node& node) {
  switch (code) {
    case Builtin::kTransposeConv:
      if (const auto* options = op.options_as_TransposeConv()) {
        SetTransposeConv(*options, graph, node);
      }
      return true;
    case Builtin::kBatchMatMul: {
      const auto* options = op.options_as_BatchMatMul();  // absent: all defaults
      node.op = Op::kBatchMatMul;
      node.attributes =
          options == nullptr ? MatMul{} : MatMul{options->transpose_a(), options->transpose_b()};
      return true;
    }
    case Builtin::kArgMax:
      SetArg(Op::kArgMax, graph, node);
      return true;
    case Builtin::kArgMin:
      SetArg(Op::kArgMin, graph, node);
      return true;
    default:
      return false;
  }
}

}  // namespace covey::compiler::tflite
