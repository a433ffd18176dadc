#include "compiler/quantize/int8_network.hpp"

#include <new>

#include "compiler/ir/check.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {
namespace {

TensorView ViewOfTensor(const Tensor& from) {
  TensorView view;
  view.dtype = from.dtype;
  view.dims = from.dims;
  view.bytes = from.bytes();
  if (from.quant.scales.size() == 1) {
    view.scale = from.quant.scales[0];
    view.zero_point = from.quant.zero_points[0];
  }
  // Kernels read constants only; the view has one kind of pointer.
  if (from.constant()) view.data = const_cast<std::byte*>(from.data->data());
  return view;
}

const Kernel* KernelOf(std::span<const Kernel> table, Op op) {
  for (const Kernel& kernel : table) {
    if (kernel.op == op) return &kernel;
  }
  return nullptr;
}

std::shared_ptr<std::byte[]> Aligned(size_t bytes) {
  constexpr std::align_val_t kAlign{kernels::kHostAlign};
  return {static_cast<std::byte*>(::operator new[](bytes, kAlign)),
          [](std::byte* at) { ::operator delete[](at, kAlign); }};
}

}  // namespace

OpView Int8Network::ViewOf(size_t node) const {
  const Node& n = graph_->nodes[node];
  const Lowered& lowered = steps_[node].lowered;
  OpView view;
  view.op = n.op;
  view.name = n.name.c_str();
  view.attr = lowered.attr.data();
  view.params = lowered.params;
  for (int input : lowered.inputs) {
    auto& to = view.input[static_cast<size_t>(view.inputs++)];
    if (input != kNoTensor) to = ViewOfTensor(graph_->tensors[static_cast<size_t>(input)]);
  }
  for (int output : lowered.outputs) {
    auto& to = view.output[static_cast<size_t>(view.outputs++)];
    if (output != kNoTensor) to = ViewOfTensor(graph_->tensors[static_cast<size_t>(output)]);
  }
  return view;
}

// As HostEngine does: a pack is made of constants; that of add looks at its attributes only.
void Int8Network::Pack(size_t node, const kernels::HostKernels& kernels) {
  const OpView view = ViewOf(node);
  for (int i = 1; i < view.inputs && view.op != Op::kAdd; ++i) {
    const TensorView& input = view.input[static_cast<size_t>(i)];
    if (input.dtype != DType::kNone && input.data == nullptr) return;
  }
  const kernels::HostNeed need = kernels.NeedOf(view);
  if (need.pack_bytes == 0) return;
  Step& step = steps_[node];
  step.pack = Aligned(need.pack_bytes);
  step.scratch_bytes = need.scratch_bytes;
  kernels.Pack(view, {step.pack.get(), need.pack_bytes});
}

Result<Int8Network> Int8Network::Prepare(const Graph& graph, Diag& diag,
                                         const kernels::HostKernels& kernels) {
  COVEY_TRY(CheckGraph(graph, diag));
  Int8Network network(graph);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    Step step;
    COVEY_TRY_ASSIGN(step.lowered, Lower(graph, node, diag));
    const Kernel* kernel = KernelOf(kernels.table, node.op);
    if (kernel == nullptr || step.lowered.inputs.size() > static_cast<size_t>(kMaxInputs) ||
        step.lowered.outputs.size() > static_cast<size_t>(kMaxOutputs)) {
      return Refuse(diag, {Code::kUnimplemented, "quantize: no kernel for an op"}, Describe(node),
                    "has no kernel, or more than " + std::to_string(kMaxInputs) + " inputs or " +
                        std::to_string(kMaxOutputs) + " outputs");
    }
    step.run = kernel->run;
    network.steps_.push_back(std::move(step));
    COVEY_TRY(kernel->prepare(network.ViewOf(i), diag));
    network.Pack(i, kernels);
  }
  network.last_uses_ = LastUses(graph);
  return network;
}

void Int8Network::RunNode(size_t node, Batch<std::byte>& batch) const {
  const OpView shape = ViewOf(node);
  const Lowered& lowered = steps_[node].lowered;
  const auto is_activation = [this](int tensor) {
    return tensor != kNoTensor && !graph_->tensors[static_cast<size_t>(tensor)].constant();
  };
  for (int output : lowered.outputs) {
    if (!is_activation(output)) continue;
    batch.values[static_cast<size_t>(output)].resize(
        batch.samples * graph_->tensors[static_cast<size_t>(output)].bytes());
  }
  ParallelFor(batch.samples, [&](size_t sample) {
    OpView view = shape;
    for (size_t i = 0; i < lowered.inputs.size(); ++i) {
      if (!is_activation(lowered.inputs[i])) continue;
      view.input[i].data = batch.of(static_cast<size_t>(lowered.inputs[i]), sample).data();
    }
    for (size_t i = 0; i < lowered.outputs.size(); ++i) {
      if (!is_activation(lowered.outputs[i])) continue;
      view.output[i].data = batch.of(static_cast<size_t>(lowered.outputs[i]), sample).data();
    }
    std::shared_ptr<std::byte[]> scratch;
    if (steps_[node].scratch_bytes > 0) {
      scratch = Aligned(steps_[node].scratch_bytes);
      view.scratch = {scratch.get(), steps_[node].scratch_bytes};
    }
    view.pack = steps_[node].pack.get();
    steps_[node].run(view);
  });
}

void Int8Network::Run(Batch<std::byte>& batch,
                      const std::function<void(size_t node)>& after) const {
  for (size_t i = 0; i < graph_->nodes.size(); ++i) {
    RunNode(i, batch);
    after(i);
    for (int tensor : last_uses_[i]) batch.Free(tensor);
  }
}

}  // namespace covey::compiler
