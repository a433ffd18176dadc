#include "compiler/lower/op_view.hpp"

#include <algorithm>

namespace covey::compiler {
namespace {

TensorView ViewOf(const Graph& graph, int tensor) {
  if (tensor == kNoTensor) return {};
  const Tensor& from = graph.tensors[static_cast<size_t>(tensor)];
  TensorView view;
  view.dtype = from.dtype;
  view.dims = from.dims;
  view.bytes = from.bytes();
  // Read only, as all constants.
  if (from.constant()) view.data = const_cast<std::byte*>(from.data->data());
  return view;
}

}  // namespace

OpView ViewOf(const Graph& graph, const Node& node, const Lowered& lowered) {
  OpView view;
  view.op = node.op;
  view.name = node.name.c_str();
  view.attr = lowered.attr.data();
  view.params = lowered.params;
  view.inputs = static_cast<int>(std::min<size_t>(lowered.inputs.size(), kMaxInputs));
  view.outputs = static_cast<int>(std::min<size_t>(lowered.outputs.size(), kMaxOutputs));
  for (size_t i = 0; i < static_cast<size_t>(view.inputs); ++i)
    view.input[i] = ViewOf(graph, lowered.inputs[i]);
  for (size_t i = 0; i < static_cast<size_t>(view.outputs); ++i)
    view.output[i] = ViewOf(graph, lowered.outputs[i]);
  return view;
}

std::vector<OpView> ViewsOf(const Graph& graph, const std::vector<Lowered>& lowered) {
  std::vector<OpView> views;
  for (size_t i = 0; i < lowered.size(); ++i)
    views.push_back(ViewOf(graph, graph.nodes[i], lowered[i]));
  return views;
}

}  // namespace covey::compiler
