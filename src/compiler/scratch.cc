#include "compiler/scratch.hpp"

#include "kernels/dsp/scratch.hpp"

namespace covey::compiler {
namespace {

TensorView ViewOf(const Graph& graph, int tensor) {
  if (tensor == kNoTensor) return {};
  const Tensor& from = graph.tensors[static_cast<size_t>(tensor)];
  TensorView view;
  view.dtype = from.dtype;
  view.dims = from.dims;
  view.bytes = from.bytes();
  return view;
}

}  // namespace

ScratchNeed ScratchOf(const Graph& graph, const Node& node, const Lowered& lowered, Target target) {
  if (target != Target::kCortexM || lowered.inputs.size() > static_cast<size_t>(kMaxInputs) ||
      lowered.outputs.size() > static_cast<size_t>(kMaxOutputs)) {
    return {};
  }
  OpView view;
  view.op = node.op;
  view.attr = lowered.attr.data();
  for (int input : lowered.inputs)
    view.input[static_cast<size_t>(view.inputs++)] = ViewOf(graph, input);
  for (int output : lowered.outputs) {
    view.output[static_cast<size_t>(view.outputs++)] = ViewOf(graph, output);
  }
  const kernels::dsp::DspScratch need = kernels::dsp::DspScratchOf(view);
  return {static_cast<int64_t>(need.least), static_cast<int64_t>(need.best)};
}

}  // namespace covey::compiler
