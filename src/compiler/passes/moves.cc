// Ops that only move bytes: which of them can go.
#include <algorithm>

#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"

namespace covey::compiler {
namespace {

bool IsIdentity(const std::vector<int32_t>& perm) {
  for (size_t i = 0; i < perm.size(); ++i) {
    if (perm[i] != static_cast<int32_t>(i)) return false;
  }
  return true;
}

// Every entry from its own place. The dimensions are the input's.
bool IsWhole(const Slice& slice) {
  return std::all_of(slice.begin.begin(), slice.begin.end(), [](int32_t at) { return at == 0; }) &&
         std::all_of(slice.stride.begin(), slice.stride.end(), [](int32_t by) { return by == 1; });
}

bool SameValue(const Tensor& a, const Tensor& b) {
  return a.dtype == b.dtype && a.dims == b.dims && a.quant.scales == b.quant.scales &&
         a.quant.zero_points == b.quant.zero_points;
}

bool IsNothing(const Graph& graph, const Node& node) {
  const Tensor& in = TensorOf(graph, node.inputs[0]);
  const Tensor& out = TensorOf(graph, node.outputs[0]);
  if (!SameValue(in, out)) return false;
  if (node.op == Op::kReshape) return true;
  if (node.op == Op::kQuantize) return in.dtype == DType::kInt8;
  if (node.op == Op::kConcat) return node.inputs.size() == 1;
  if (const auto* slice = std::get_if<Slice>(&node.attributes); slice != nullptr) {
    return node.op == Op::kSlice && IsWhole(*slice);
  }
  if (const auto* gather = std::get_if<Gather>(&node.attributes); gather != nullptr) {
    return node.op == Op::kGather && IsIdentity(gather->positions);
  }
  const auto* permutation = std::get_if<Permutation>(&node.attributes);
  return node.op == Op::kTranspose && permutation != nullptr && IsIdentity(permutation->perm);
}

bool IsMove(const Node& node) {
  return (node.op == Op::kReshape || node.op == Op::kTranspose || node.op == Op::kQuantize ||
          node.op == Op::kSlice || node.op == Op::kGather || node.op == Op::kConcat) &&
         !node.inputs.empty() && node.inputs[0] != kNoTensor && node.outputs.size() == 1 &&
         node.outputs[0] != kNoTensor;
}

// out[i] = mid[second[i]], mid[j] = in[first[j]].
bool Compose(const std::vector<int32_t>& first, std::vector<int32_t>& second) {
  if (first.size() != second.size()) return false;
  for (int32_t& from : second) {
    if (from < 0 || from >= static_cast<int32_t>(first.size())) return false;
    from = first[static_cast<size_t>(from)];
  }
  return true;
}

// Reads past a move of the same kind that comes before.
void SkipPrevious(Graph& graph, Node& node, const Uses& uses) {
  const int writer = uses.writer(node.inputs[0]);
  if (writer < 0) return;
  const Node& before = graph.nodes[static_cast<size_t>(writer)];
  if (before.op != node.op || !IsMove(before)) return;
  if (node.op == Op::kTranspose) {
    const auto* first = std::get_if<Permutation>(&before.attributes);
    auto* second = std::get_if<Permutation>(&node.attributes);
    if (first == nullptr || second == nullptr || !Compose(first->perm, second->perm)) return;
  }
  node.inputs[0] = before.inputs[0];
}

}  // namespace

Status RemoveMoves(Graph& graph, Diag& diag) {
  const Uses uses(graph);
  for (Node& node : graph.nodes) {
    if (!IsMove(node)) continue;
    if (node.op == Op::kReshape || node.op == Op::kTranspose) SkipPrevious(graph, node, uses);
    const int in = node.inputs[0];
    const int out = node.outputs[0];
    // A model whose output is its input as it came keeps the move: the rim's tensors stay apart.
    const bool rim = uses.is_output(out) && uses.writer(in) < 0;
    if (!rim && IsNothing(graph, node)) ReplaceReads(graph, out, in);
  }
  return RemoveDead(graph, diag);
}

Status RemoveDead(Graph& graph, Diag&) {
  std::vector<bool> live(graph.tensors.size());
  const auto mark = [&live](int tensor) {
    if (tensor != kNoTensor) live[static_cast<size_t>(tensor)] = true;
  };
  std::for_each(graph.outputs.begin(), graph.outputs.end(), mark);
  std::vector<Node> kept;
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    Node& node = graph.nodes[i];
    const bool needed = std::any_of(node.outputs.begin(), node.outputs.end(), [&](int out) {
      return out != kNoTensor && live[static_cast<size_t>(out)];
    });
    if (!needed) continue;
    std::for_each(node.inputs.begin(), node.inputs.end(), mark);
    kept.push_back(std::move(node));
  }
  std::reverse(kept.begin(), kept.end());
  graph.nodes = std::move(kept);
  return OkStatus();
}

}  // namespace covey::compiler
