#include "compiler/ir/permute.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"

namespace covey::compiler {

// Constants that only move.
Status FoldConstants(Graph& graph, Diag& diag) {
  for (const Node& node : graph.nodes) {
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
