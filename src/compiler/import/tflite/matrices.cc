#include "compiler/import/tflite/options.hpp"
#include "compiler/import/tflite/read.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/ir/moves.hpp"

namespace covey::compiler::tflite {

// (..., I) times (O, I) transposed: (rows, O)
bool AddMatrices(const Operator& op, Builtin code, const Node& from, Graph& graph) {
  if (code != Builtin::kFullyConnected || from.inputs.size() < 2 || from.outputs.size() != 1 ||
      from.outputs[0] == kNoTensor) {
    return false;
  }
  const auto* options = op.options_as_FullyConnected();
  if (options == nullptr || options->weights_format() != 0 ||
      options->activation() != tflite::Activation::NONE) {
    return false;
  }
  const auto* input = TensorAt(graph, from.inputs, 0);
  const auto* weights = TensorAt(graph, from.inputs, 1);
  const auto* output = TensorAt(graph, from.outputs, 0);
  if (input == nullptr || weights == nullptr || weights->constant() || weights->dims.size() != 2 ||
      TensorAt(graph, from.inputs, 2) != nullptr ||
      (input->dims.size() == 2 && output->dims.size() == 2)) {
    return false;
  }
  const int32_t depth = weights->dims[1];
  const int64_t elements = SafeElements(input->dims);
  if (depth < 1 || elements < depth || elements % depth != 0 || SafeElements(output->dims) < 1) {
    return false;
  }
  const auto rows = static_cast<int32_t>(elements / depth);
  Moves moves(graph, from);
  const int matrix = moves.Reshape(from.inputs[0], {rows, depth});
  const int product = moves.Temporary(from.outputs[0], {rows, weights->dims[0]});
  moves.Add(Op::kBatchMatMul, {matrix, from.inputs[1]}, product, MatMul{false, true});
  moves.ReshapeTo(product, from.outputs[0]);
  return moves.Finish();
}

}  // namespace covey::compiler::tflite
