// Where branches may run in any order, the one with the least peak is taken: a search over the sets
// of nodes that have run, cheapest peak first, so that the first complete set found is optimal.
// Bytes do not change: each node reads what it read before.
#include <algorithm>
#include <map>
#include <queue>
#include <vector>

#include "compiler/lower/op_view.hpp"
#include "compiler/memory/blocks.hpp"
#include "compiler/memory/search.hpp"
#include "compiler/pipeline.hpp"
#include "core/host/diag_text.hpp"
#include "kernels/overlap.hpp"

namespace covey::compiler {
namespace {

// Beyond these the order stays as it is.
constexpr size_t kMostStates = 20'000, kMostSteps = 1'000'000;

using Done = std::vector<bool>;  // nodes that have run

// What is alive after some nodes have run, and what each node needs while it runs.
class Peaks {
 public:
  Peaks(const Graph& graph, const std::vector<OpView>& views)
      : graph_(graph),
        views_(views),
        root_(graph.tensors.size()),
        readers_(graph.tensors.size()),
        writer_(graph.tensors.size(), -1),
        kept_(graph.tensors.size()) {
    for (size_t t = 0; t < root_.size(); ++t) root_[t] = t;
    for (size_t n = 0; n < graph.nodes.size(); ++n) {
      const Node& node = graph.nodes[n];
      for (int output : node.outputs)
        if (output != kNoTensor) writer_[static_cast<size_t>(output)] = static_cast<int>(n);
    }
    // A reshape's output is its input's bytes: one tensor to us.
    for (const Node& node : graph.nodes)
      if (node.op == Op::kReshape && InArena(node.inputs[0]))
        root_[static_cast<size_t>(node.outputs[0])] = Root(node.inputs[0]);
    for (size_t n = 0; n < graph.nodes.size(); ++n)
      for (int input : graph.nodes[n].inputs)
        if (InArena(input)) readers_[Root(input)].push_back(n);
    for (int output : graph.outputs)
      if (InArena(output)) kept_[Root(output)] = true;
    for (int input : graph.inputs) given_.push_back(Root(input));
  }

  bool Ready(size_t node, const Done& done) const {
    for (int input : graph_.nodes[node].inputs) {
      if (!InArena(input)) continue;
      const int writer = writer_[static_cast<size_t>(input)];
      if (writer >= 0 && !done[static_cast<size_t>(writer)]) return false;
    }
    return true;
  }

  // Bytes while `node` runs after those in `done`.
  int64_t During(size_t node, const Done& done) const {
    std::vector<size_t> alive = Alive(done);
    const Node& running = graph_.nodes[node];
    int64_t bytes = 0;
    for (int output : running.outputs)
      if (InArena(output)) alive.push_back(Root(output));
    std::sort(alive.begin(), alive.end());
    alive.erase(std::unique(alive.begin(), alive.end()), alive.end());
    for (const size_t root : alive) bytes += Bytes(root);
    return bytes - Saved(node, done);
  }

 private:
  bool InArena(int tensor) const {
    return tensor != kNoTensor && !graph_.tensors[static_cast<size_t>(tensor)].constant();
  }
  // Tensors come before those that are made of them, so that one look is enough.
  size_t Root(int tensor) const {
    size_t root = static_cast<size_t>(tensor);
    while (root_[root] != root) root = root_[root];
    return root;
  }
  int64_t Bytes(size_t root) const {
    return AlignUp(static_cast<int64_t>(graph_.tensors[root].bytes()));
  }
  bool Needed(size_t root, const Done& done, size_t but) const {
    if (kept_[root]) return true;
    return std::any_of(readers_[root].begin(), readers_[root].end(),
                       [&](size_t reader) { return reader != but && !done[reader]; });
  }
  std::vector<size_t> Alive(const Done& done) const {
    std::vector<size_t> alive;
    for (const size_t root : given_)
      if (Needed(root, done, done.size())) alive.push_back(root);
    for (size_t t = 0; t < writer_.size(); ++t)
      if (writer_[t] >= 0 && done[static_cast<size_t>(writer_[t])] && root_[t] == t &&
          Needed(t, done, done.size()))
        alive.push_back(t);
    return alive;
  }
  // What the output shares with an input that dies.
  int64_t Saved(size_t node, const Done& done) const {
    const Node& running = graph_.nodes[node];
    if (views_.empty() || running.outputs.size() != 1) return 0;
    int64_t most = 0;
    for (int i = 0; i < views_[node].inputs; ++i) {
      const int input = running.inputs[static_cast<size_t>(i)];
      if (!InArena(input) || Needed(Root(input), done, node)) continue;
      const kernels::Sharing sharing = kernels::SharingOf(views_[node], i);
      if (sharing.how != kernels::Sharing::How::kAhead) continue;
      const Share share = OnGrid({.lead = sharing.lead, .step = sharing.step});
      const int64_t in = Bytes(Root(input)), out = Bytes(Root(running.outputs[0]));
      most = std::max(most, std::min({in, out, out - share.lead}));
    }
    return most;
  }

  const Graph& graph_;
  const std::vector<OpView>& views_;
  std::vector<size_t> root_;
  std::vector<std::vector<size_t>> readers_;
  std::vector<int> writer_;
  std::vector<bool> kept_;  // outputs of the model
  std::vector<size_t> given_;
};

int64_t PeakOf(const Peaks& peaks, const std::vector<size_t>& order) {
  Done done(order.size());
  int64_t peak = 0;
  for (const size_t node : order) {
    peak = std::max(peak, peaks.During(node, done));
    done[node] = true;
  }
  return peak;
}

struct State {
  int64_t peak = 0;
  std::vector<size_t> order;
  bool operator<(const State& other) const {  // the queue's top is the largest
    if (peak != other.peak) return peak > other.peak;
    if (order.size() != other.order.size()) return order.size() < other.order.size();
    return order > other.order;  // as the file has it, if nothing else decides
  }
};

// The order with the least peak; empty if the search grew too large.
std::vector<size_t> BestOrder(const Peaks& peaks, size_t nodes) {
  std::priority_queue<State> open;
  std::map<Done, bool> seen;
  open.push({});
  while (!open.empty() && seen.size() < kMostStates && seen.size() * nodes < kMostSteps) {
    State state = open.top();
    open.pop();
    if (state.order.size() == nodes) return state.order;
    Done done(nodes);
    for (const size_t node : state.order) done[node] = true;
    if (!seen.emplace(done, true).second) continue;
    for (size_t node = 0; node < nodes; ++node) {
      if (done[node] || !peaks.Ready(node, done)) continue;
      State next = state;
      next.peak = std::max(next.peak, peaks.During(node, done));
      next.order.push_back(node);
      open.push(std::move(next));
    }
  }
  return {};
}

}  // namespace

Status OrderNodes(Graph& graph, Diag&) {
  DiagText refused;  // what cannot be lowered is told of by Emit
  std::vector<Lowered> lowered;
  for (const Node& node : graph.nodes) {
    auto op = Lower(graph, node, refused);
    if (!op.ok()) return OkStatus();
    lowered.push_back(*std::move(op));
  }
  const std::vector<OpView> views = ViewsOf(graph, lowered);
  const Peaks peaks(graph, views);
  std::vector<size_t> order(graph.nodes.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const std::vector<size_t> best = BestOrder(peaks, order.size());
  if (best.empty() || PeakOf(peaks, best) >= PeakOf(peaks, order)) return OkStatus();
  std::vector<Node> nodes;
  for (const size_t node : best) nodes.push_back(std::move(graph.nodes[node]));
  graph.nodes = std::move(nodes);
  return OkStatus();
}

}  // namespace covey::compiler
