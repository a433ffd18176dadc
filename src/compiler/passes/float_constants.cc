#include <cstring>
#include <optional>
#include <utility>

#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"

namespace covey::compiler {
namespace {

template <typename T>
float Element(const Tensor& tensor, size_t i, int32_t zero_point) {
  T value{};
  std::memcpy(&value, tensor.data->data() + i * sizeof(value), sizeof(value));
  return static_cast<float>(int64_t{value} - zero_point);
}

std::optional<float> Element(const Tensor& tensor, size_t i, int32_t zero_point) {
  switch (tensor.dtype) {
    case DType::kInt8:
      return Element<int8_t>(tensor, i, zero_point);
    case DType::kUint8:
      return Element<uint8_t>(tensor, i, zero_point);
    case DType::kInt16:
      return Element<int16_t>(tensor, i, zero_point);
    case DType::kInt32:
      return Element<int32_t>(tensor, i, zero_point);
    default:
      return std::nullopt;
  }
}

// scale * (q - zero point) in single precision, scales along the quantised dimension.
std::optional<Tensor> Dequantised(const Tensor& from) {
  if (!from.constant() || from.quant.empty() || from.dtype == DType::kFloat32) return std::nullopt;
  size_t inner = 1;
  for (size_t d = from.dims.size(); from.quant.axis >= 0 && d-- > size_t(from.quant.axis) + 1;) {
    inner *= static_cast<size_t>(from.dims[d]);
  }
  const auto count = static_cast<size_t>(from.elements());
  std::vector<std::byte> data(count * sizeof(float));
  for (size_t i = 0; i < count; ++i) {
    const size_t channel = i / inner % from.quant.scales.size();
    const auto steps = Element(from, i, from.quant.zero_points[channel]);
    if (!steps) return std::nullopt;
    const float value = from.quant.scales[channel] * *steps;
    std::memcpy(data.data() + i * sizeof(value), &value, sizeof(value));
  }
  Tensor made = from;
  made.dtype = DType::kFloat32;
  made.quant = {};
  made.data = std::make_shared<const std::vector<std::byte>>(std::move(data));
  return made;
}

bool ComputesFloats(const Graph& graph, const Node& node) {
  return node.op != Op::kNone && node.op != Op::kDequantize && node.op != Op::kQuantize &&
         node.outputs.size() == 1 && node.outputs[0] != kNoTensor &&
         TensorOf(graph, node.outputs[0]).dtype == DType::kFloat32;
}

}  // namespace

// An importer leaves a constant behind a dequantize as the bytes it is, since most ops take them.
Status FloatConstants(Graph& graph, Diag&) {
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!ComputesFloats(graph, graph.nodes[n])) continue;
    for (size_t i = 0; i < graph.nodes[n].inputs.size(); ++i) {
      const int input = graph.nodes[n].inputs[i];
      if (input == kNoTensor) continue;
      auto made = Dequantised(TensorOf(graph, input));
      if (made) graph.nodes[n].inputs[i] = AddTensor(graph, std::move(*made));
    }
  }
  return OkStatus();
}

// The rim's tensors stay apart: who feeds one may read another.
Status CopyOutputs(Graph& graph, Diag&) {
  const Uses uses(graph);
  std::vector<bool> given(graph.tensors.size());
  for (int& output : graph.outputs) {
    const auto at = static_cast<size_t>(output);
    const bool own = uses.writer(output) >= 0 && !given[at];
    given[at] = true;
    if (own) continue;
    Tensor copy = TensorOf(graph, output);
    copy.data = nullptr;
    copy.state = false;
    Node node;
    node.op = Op::kReshape;
    node.name = copy.name + "/copy";
    node.source_op = "(copy)";
    node.inputs = {output};
    output = AddTensor(graph, std::move(copy));
    node.outputs = {output};
    graph.nodes.push_back(std::move(node));
  }
  return OkStatus();
}

}  // namespace covey::compiler
