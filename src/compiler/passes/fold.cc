#include "compiler/ir/permute.hpp"
#include "compiler/lower/lower.hpp"
#include "compiler/lower/op_view.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"
#include "kernels/fixed_point.hpp"
#include "kernels/ref/table.hpp"

namespace covey::compiler {
namespace {

// int8 to int8 with another scale, as the kernel does it. What cannot be lowered stays, to be
// refused with words; an output stays computed, so that there is something to run.
void FoldRequantise(Graph& graph, const Node& node, const Uses& uses) {
  if (node.inputs.empty() || node.inputs[0] == kNoTensor || node.outputs.size() != 1 ||
      node.outputs[0] == kNoTensor || uses.is_output(node.outputs[0])) {
    return;
  }
  const Tensor& in = TensorOf(graph, node.inputs[0]);
  Tensor& out = TensorOf(graph, node.outputs[0]);
  if (!in.constant() || in.dtype != DType::kInt8 || out.dtype != DType::kInt8) return;
  NoDiag quiet;
  const auto lowered = Lower(graph, node, quiet);
  if (!lowered.ok()) return;
  const auto attr = lowered->As<RequantizeAttr>();
  std::vector<std::byte> data;
  for (std::byte byte : *in.data) {
    const int32_t scaled = kernels::MultiplyByQuantized(
        static_cast<int8_t>(byte) + attr.input_offset, attr.multiplier, attr.shift);
    const int32_t value = kernels::Clamp(scaled, attr.activation_min - attr.output_offset,
                                         attr.activation_max - attr.output_offset);
    data.push_back(static_cast<std::byte>(value + attr.output_offset));
  }
  out.data = std::make_shared<const std::vector<std::byte>>(std::move(data));
}

}  // namespace

// Any other op whose inputs are all constants: its own kernel runs, here. What cannot be lowered
// stays, to be refused with words.
void FoldByRunning(Graph& graph, const Node& node, const Uses& uses) {
  constexpr int64_t kMostBytes = int64_t{1} << 26;
  if (node.op == Op::kNone || node.inputs.empty() || node.outputs.size() != 1 ||
      node.outputs[0] == kNoTensor || uses.is_output(node.outputs[0])) {
    return;
  }
  for (int input : node.inputs) {
    if (input != kNoTensor && !TensorOf(graph, input).constant()) return;
  }
  Tensor& out = TensorOf(graph, node.outputs[0]);
  NoDiag quiet;
  const auto lowered = Lower(graph, node, quiet);
  if (!lowered.ok() || static_cast<int64_t>(out.bytes()) > kMostBytes) return;
  OpView view = ViewOf(graph, node, *lowered);
  const auto fill = [](TensorView& to, const Tensor& from, const std::byte* data) {
    to.data = const_cast<std::byte*>(data);  // kernels write outputs only
    if (from.quant.scales.size() == 1) {
      to.scale = from.quant.scales[0], to.zero_point = from.quant.zero_points[0];
    }
  };
  for (size_t i = 0; i < static_cast<size_t>(view.inputs); ++i) {
    if (lowered->inputs[i] == kNoTensor) continue;
    const Tensor& from = TensorOf(graph, lowered->inputs[i]);
    fill(view.input[i], from, from.data->data());
  }
  std::vector<std::byte> data(out.bytes());
  fill(view.output[0], out, data.data());
  for (const Kernel& kernel : kernels::RefKernels()) {
    if (kernel.op != node.op || !kernel.prepare(view, quiet).ok()) continue;
    kernel.run(view);
    out.data = std::make_shared<const std::vector<std::byte>>(std::move(data));
    return;
  }
}

// Constants that only move, or change their scale.
Status FoldConstants(Graph& graph, Diag& diag) {
  const Uses uses(graph);
  for (const Node& node : graph.nodes) {
    if (node.op != Op::kReshape && node.op != Op::kTranspose && node.op != Op::kQuantize &&
        node.op != Op::kRelu) {
      FoldByRunning(graph, node, uses);
    }
    if (node.op == Op::kQuantize || node.op == Op::kRelu) FoldRequantise(graph, node, uses);
    if ((node.op != Op::kReshape && node.op != Op::kTranspose) || node.inputs.empty() ||
        node.inputs[0] == kNoTensor || node.outputs.size() != 1 || node.outputs[0] == kNoTensor) {
      continue;
    }
    const Tensor& in = TensorOf(graph, node.inputs[0]);
    Tensor& out = TensorOf(graph, node.outputs[0]);
    if (!in.constant() || in.dtype != out.dtype || DTypeBytes(in.dtype) == 0) continue;
    const auto* permutation = std::get_if<Permutation>(&node.attributes);
    if (node.op == Op::kTranspose) {
      if (permutation == nullptr || !IsPermutation(permutation->perm, in.dims.size()) ||
          Permuted(in.dims, permutation->perm) != out.dims) {
        continue;
      }
      out.data = Permute(in, permutation->perm).data;
    } else if (in.bytes() == out.bytes()) {
      out.data = in.data;
    }
  }
  // What became a constant is written by nobody.
  std::erase_if(graph.nodes, [&graph](const Node& node) {
    return node.outputs.size() == 1 && node.outputs[0] != kNoTensor &&
           TensorOf(graph, node.outputs[0]).constant();
  });
  return RemoveDead(graph, diag);
}

}  // namespace covey::compiler
