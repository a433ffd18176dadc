// What an early exit needs runs before everything else, so that there is something to pass over:
// the nodes that its margin and its scores are made of, the exit, then the rest. Bytes do not
// change: each node reads what it read before.
#include <algorithm>
#include <vector>

#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"

namespace covey::compiler {
namespace {

// Marks the node that writes the tensor, and all that it is made of.
void Need(const Graph& graph, const Uses& uses, int tensor, std::vector<bool>& needed) {
  std::vector<int> open = {tensor};
  while (!open.empty()) {
    const int writer = open.back() == kNoTensor ? -1 : uses.writer(open.back());
    open.pop_back();
    if (writer < 0 || needed[static_cast<size_t>(writer)]) continue;
    needed[static_cast<size_t>(writer)] = true;
    const auto& inputs = graph.nodes[static_cast<size_t>(writer)].inputs;
    open.insert(open.end(), inputs.begin(), inputs.end());
  }
}

}  // namespace

Status ExitsFirst(Graph& graph, Diag&) {
  const Uses uses(graph);
  std::vector<std::vector<bool>> early;
  for (const Node& node : graph.nodes) {
    if (node.op != Op::kSelect) continue;
    const int exit = uses.writer(node.inputs[0]);
    if (exit < 0 || graph.nodes[static_cast<size_t>(exit)].op != Op::kExit) continue;
    std::vector<bool>& needed = early.emplace_back(graph.nodes.size());
    Need(graph, uses, node.inputs[0], needed);
    needed[static_cast<size_t>(exit)] = false;  // the last of them
    Need(graph, uses, node.inputs[1], needed);
  }
  if (early.empty()) return OkStatus();
  std::sort(early.begin(), early.end(), [](const auto& a, const auto& b) {
    return std::count(a.begin(), a.end(), true) < std::count(b.begin(), b.end(), true);
  });
  std::vector<size_t> order;
  std::vector<bool> placed(graph.nodes.size());
  const auto place = [&](auto wanted) {
    for (size_t i = 0; i < placed.size(); ++i) {
      if (placed[i] || !wanted(i)) continue;
      placed[i] = true;
      order.push_back(i);
    }
  };
  for (const std::vector<bool>& needed : early) {
    place([&](size_t i) { return needed[i]; });
    // An exit whose scores and margin are there.
    place([&](size_t i) {
      if (graph.nodes[i].op != Op::kExit) return false;
      const int writer = uses.writer(graph.nodes[i].inputs[0]);
      return writer < 0 || placed[static_cast<size_t>(writer)];
    });
  }
  place([](size_t) { return true; });
  std::vector<Node> nodes;
  for (const size_t i : order) nodes.push_back(std::move(graph.nodes[i]));
  graph.nodes = std::move(nodes);
  return OkStatus();
}

}  // namespace covey::compiler
