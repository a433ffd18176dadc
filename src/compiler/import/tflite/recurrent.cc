// SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM. The lstm's many tensors become few: four gates' weights in
// one, biases with what the zero points add. Its numbers are those of the file format:
//
//   0 input   1-4 input weights   5-8 recurrent weights   9-11 peepholes   12-15 biases
//   16, 17 projection   18 output state   19 cell state   20-23 layer normalisation
#include <algorithm>
#include <cstring>

#include "compiler/import/tflite/options.hpp"
#include "compiler/import/tflite/read.hpp"
#include "compiler/ir/check.hpp"
#include "schema_generated.h"

namespace covey::compiler::tflite {
namespace {

using covey::compiler::Tensor;
constexpr size_t kGates = 4;

bool IsWeights(const Tensor* tensor, size_t columns) {
  return tensor != nullptr && tensor->constant() && tensor->dtype == DType::kInt8 &&
         tensor->dims.size() == 2 && static_cast<size_t>(std::max(tensor->dims[1], 0)) == columns &&
         columns > 0 && tensor->dims[0] > 0 && tensor->quant.scales.size() == 1 &&
         SafeElements(tensor->dims) == static_cast<int64_t>(tensor->data->size());
}

// Four gates' weights, one under the other; nothing if they are not alike.
struct Stack {
  Tensor tensor;
  std::vector<float> scales;
  std::vector<int32_t> row_sums;
};

bool StackGates(const Graph& graph, const Node& node, size_t first, size_t columns, Stack& stack) {
  std::vector<std::byte> data;
  for (size_t gate = 0; gate < kGates; ++gate) {
    const Tensor* from = TensorAt(graph, node.inputs, first + gate);
    if (!IsWeights(from, columns)) return false;
    if (gate == 0) stack.tensor = *from;
    if (from->dims != stack.tensor.dims) return false;
    stack.scales.push_back(from->quant.scales[0]);
    data.insert(data.end(), from->data->begin(), from->data->end());
  }
  for (size_t row = 0; row < data.size() / columns; ++row) {
    int64_t sum = 0;
    for (size_t i = 0; i < columns; ++i) sum += static_cast<int8_t>(data[row * columns + i]);
    stack.row_sums.push_back(static_cast<int32_t>(sum));
  }
  stack.tensor.dims.insert(stack.tensor.dims.begin(), static_cast<int32_t>(kGates));
  stack.tensor.quant = {};  // gate by gate, in the attributes
  stack.tensor.data = std::make_shared<const std::vector<std::byte>>(std::move(data));
  return true;
}

// bias - zero point * sum of weights, modulo 2^32
void AppendBias(const Stack& stack, int32_t zero_point, const std::vector<int32_t>& bias,
                std::vector<std::byte>& data) {
  for (size_t row = 0; row < stack.row_sums.size(); ++row) {
    const uint32_t value =
        (bias.empty() ? 0 : static_cast<uint32_t>(bias[row])) -
        static_cast<uint32_t>(zero_point) * static_cast<uint32_t>(stack.row_sums[row]);
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    data.insert(data.end(), bytes, bytes + sizeof(value));
  }
}

std::optional<std::vector<int32_t>> Biases(const Graph& graph, const Node& node, size_t cells) {
  std::vector<int32_t> all;
  for (size_t gate = 0; gate < kGates; ++gate) {
    const auto numbers = Numbers(TensorAt(graph, node.inputs, 12 + gate));
    if (!numbers || numbers->size() != cells) return std::nullopt;
    all.insert(all.end(), numbers->begin(), numbers->end());
  }
  return all;
}

bool Absent(const Node& node, size_t first, size_t last) {
  for (size_t i = first; i <= last && i < node.inputs.size(); ++i) {
    if (node.inputs[i] != kNoTensor) return false;
  }
  return true;
}

int Add(Graph& graph, Tensor tensor, const Node& node, const char* what) {
  tensor.name = node.name + "/" + what;
  graph.tensors.push_back(std::move(tensor));
  return static_cast<int>(graph.tensors.size()) - 1;
}

bool OneScale(const Tensor* tensor) {
  return tensor != nullptr && tensor->quant.scales.size() == 1 &&
         tensor->quant.zero_points.size() == 1;
}

void SetLstm(const SequenceLstm& options, const Operator& op, Graph& graph, Node& node) {
  const Tensor* input = TensorAt(graph, node.inputs, 0);
  const Tensor* output_state = TensorAt(graph, node.inputs, 18);
  const auto* intermediates = op.intermediates();
  if (!OneScale(input) || input->dims.size() != 3 || !OneScale(output_state) ||
      output_state->dims.empty() || TensorAt(graph, node.inputs, 19) == nullptr ||
      !Absent(node, 9, 11) || !Absent(node, 16, 17) || !Absent(node, 20, 23) ||
      options.activation() != tflite::Activation::TANH || options.projection_clip() > 0 ||
      intermediates == nullptr || intermediates->size() < 5) {
    return;
  }
  const int64_t hidden_number = intermediates->Get(4);
  if (hidden_number < 0 || hidden_number >= static_cast<int64_t>(graph.tensors.size())) return;
  const Tensor* hidden = &graph.tensors[static_cast<size_t>(hidden_number)];
  const int32_t inputs = input->dims[2], cells = output_state->dims.back();
  Stack own, other;
  if (!OneScale(hidden) || inputs < 1 || cells < 1 ||
      !StackGates(graph, node, 1, static_cast<size_t>(inputs), own) ||
      !StackGates(graph, node, 5, static_cast<size_t>(cells), other)) {
    return;
  }
  const auto biases = Biases(graph, node, static_cast<size_t>(cells));
  if (!biases || own.row_sums.size() != kGates * static_cast<size_t>(cells) ||
      other.row_sums.size() != own.row_sums.size()) {
    return;
  }
  Recurrence recurrence{
      options.time_major(), options.cell_clip(),     own.scales,
      other.scales,         hidden->quant.scales[0], hidden->quant.zero_points[0]};
  std::vector<std::byte> data;
  AppendBias(own, input->quant.zero_points[0], *biases, data);
  AppendBias(other, output_state->quant.zero_points[0], {}, data);
  Tensor bias;
  bias.dtype = DType::kInt32;
  bias.dims = {2 * static_cast<int32_t>(kGates), cells};
  bias.data = std::make_shared<const std::vector<std::byte>>(std::move(data));
  const int first = node.inputs[0], state = node.inputs[18], cell = node.inputs[19];
  node.inputs = {first,
                 Add(graph, std::move(own.tensor), node, "input weights"),
                 Add(graph, std::move(other.tensor), node, "recurrent weights"),
                 Add(graph, std::move(bias), node, "bias"),
                 state,
                 cell};
  node.op = Op::kLstm;
  node.attributes = std::move(recurrence);
}

}  // namespace

bool SetRecurrent(const Operator& op, Builtin code, Graph& graph, Node& node) {
  if (code == Builtin::kSequenceLstm) {
    if (const auto* options = op.options_as_SequenceLstm()) SetLstm(*options, op, graph, node);
    return true;
  }
  if (code != Builtin::kSvdf) return false;
  const auto* options = op.options_as_Svdf();
  const auto activation = options == nullptr ? std::nullopt : ActivationOf(options->activation());
  if (activation) {
    node.op = Op::kSvdf;
    node.activation = *activation;
    node.attributes = FilterRank{options->rank()};
  }
  return true;
}

}  // namespace covey::compiler::tflite
