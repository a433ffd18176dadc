#include "compiler/narrow_weights.hpp"

#include <algorithm>
#include <memory>

#include "core/op_view.hpp"
#include "kernels/host/nibble_rows.hpp"

namespace covey::compiler {

bool PackNarrow(Graph& graph, const Node& node, Lowered& lowered) {
  if (node.op != Op::kConv2D && node.op != Op::kFullyConnected) return false;
  const Tensor& plain = graph.tensors[static_cast<size_t>(lowered.inputs[1])];
  const Tensor& in = graph.tensors[static_cast<size_t>(lowered.inputs[0])];
  if (plain.dtype != DType::kInt8 || in.dtype != DType::kInt8 || !plain.constant() ||
      plain.elements() < kLeastNarrow || lowered.As<ConvAttr>().weights_offset != 0)
    return false;
  const auto* const values = reinterpret_cast<const int8_t*>(plain.data->data());
  const std::span<const int8_t> weights(values, plain.data->size());
  if (std::any_of(weights.begin(), weights.end(), [](int8_t w) { return w < -8 || w > 7; }))
    return false;
  Tensor packed = plain;
  packed.dtype = DType::kInt4;
  packed.data =
      std::make_shared<const std::vector<std::byte>>(kernels::ToNibbles(weights, plain.dims[0]));
  lowered.inputs[1] = static_cast<int>(graph.tensors.size());
  graph.tensors.push_back(std::move(packed));
  return true;
}

std::vector<int8_t> PlainWeights(const Tensor& weights) {
  TensorView view;
  view.dtype = weights.dtype;
  view.dims = weights.dims;
  view.data = const_cast<std::byte*>(weights.data->data());  // read only
  return kernels::PlainWeights(view);
}

}  // namespace covey::compiler
