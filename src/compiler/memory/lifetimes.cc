#include "compiler/memory/lifetimes.hpp"

#include <algorithm>

#include "kernels/overlap.hpp"

namespace covey::compiler {

Lifetimes::Lifetimes(const Graph& graph, std::span<const OpView> views)
    : graph_(graph), block_of_(graph.tensors.size(), -1), last_(graph.tensors.size(), -1) {
  const int end = static_cast<int>(graph.nodes.size());
  for (int i = 0; i < end; ++i)
    for (int input : graph.nodes[static_cast<size_t>(i)].inputs) SetLast(input, i);
  for (int output : graph.outputs) SetLast(output, end);
  for (int input : graph.inputs) Add(input, -1);
  for (int i = 0; i < end; ++i) AddOutputs(graph.nodes[static_cast<size_t>(i)], i);
  if (views.empty()) return;
  for (int i = 0; i < end; ++i)
    AddShares(graph.nodes[static_cast<size_t>(i)], views[static_cast<size_t>(i)], i);
}

bool Lifetimes::InArena(int tensor) const {
  return tensor != kNoTensor && !graph_.tensors[static_cast<size_t>(tensor)].constant();
}

void Lifetimes::SetLast(int tensor, int moment) {
  if (InArena(tensor)) last_[static_cast<size_t>(tensor)] = moment;
}

void Lifetimes::Add(int tensor, int moment) {
  const auto t = static_cast<size_t>(tensor);
  block_of_[t] = static_cast<int>(problem_.blocks.size());
  problem_.blocks.push_back({.bytes = static_cast<int64_t>(graph_.tensors[t].bytes()),
                             .first = moment,
                             .last = std::max(last_[t], moment)});
}

void Lifetimes::AddOutputs(const Node& node, int moment) {
  for (int output : node.outputs) {
    if (!InArena(output)) continue;
    // Nobody writes over a tensor that is still read, so that both names may stay.
    if (node.op == Op::kReshape && InArena(node.inputs[0])) {
      const int block = block_of_[static_cast<size_t>(node.inputs[0])];
      block_of_[static_cast<size_t>(output)] = block;
      int& last = problem_.blocks[static_cast<size_t>(block)].last;
      last = std::max({last, last_[static_cast<size_t>(output)], moment});
    } else {
      Add(output, moment);
    }
  }
}

void Lifetimes::AddShares(const Node& node, const OpView& view, int moment) {
  if (view.outputs != 1 || !InArena(node.outputs[0])) return;
  const int out = block_of_[static_cast<size_t>(node.outputs[0])];
  if (problem_.blocks[static_cast<size_t>(out)].first != moment) return;
  for (int i = 0; i < view.inputs; ++i) {
    const int input = node.inputs[static_cast<size_t>(i)];
    if (!InArena(input)) continue;
    const int in = block_of_[static_cast<size_t>(input)];
    if (in == out || problem_.blocks[static_cast<size_t>(in)].last != moment) continue;
    const kernels::Sharing sharing = kernels::SharingOf(view, i);
    if (sharing.how != kernels::Sharing::How::kAhead) continue;
    if (sharing.lead >= static_cast<int64_t>(view.output[0].bytes)) continue;
    problem_.shares.push_back({out, in, sharing.lead, sharing.step});
  }
}

}  // namespace covey::compiler
