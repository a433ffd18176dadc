#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "compiler/lower/op_view.hpp"
#include "compiler/memory/lifetimes.hpp"
#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"

namespace covey::compiler {
namespace {

int64_t ArenaOf(const Graph& graph) {
  DiagText diag;
  const auto contents = Emit(graph, CompileOptions{}, diag);
  EXPECT_TRUE(contents.ok()) << diag.Text();
  return contents.ok() ? contents->arena_bytes : -1;
}

// Two branches that swell and shrink: run one after the other they need one swelling at a time,
// side by side (as the file has it) two.
Graph SideBySide() {
  SmallNetwork net(2);
  const int x = net.Input({1, 8, 8, 2});
  const int a = net.Conv(x, {.outputs = 32});
  const int b = net.Conv(x, {.outputs = 32});
  const int c = net.Conv(a, {.outputs = 2});
  const int d = net.Conv(b, {.outputs = 2});
  net.graph().outputs = {net.Op1(Op::kAdd, {c, d}, net.Like(c))};
  return net.graph();
}

TEST(Order, RunsBranchesOneAfterTheOther) {
  Graph graph = SideBySide();
  const int64_t before = ArenaOf(graph);
  DiagText diag;
  ASSERT_TRUE(OrderNodes(graph, diag).ok());
  EXPECT_LT(ArenaOf(graph), before * 3 / 4);
  ExpectSameBytes(SideBySide(), OrderNodes);
}

TEST(Order, LeavesAChainAlone) {
  SmallNetwork net(3);
  int x = net.Input({1, 6, 6, 3});
  for (int i = 0; i < 4; ++i) x = net.Conv(x, {.outputs = 3 + i});
  net.graph().outputs = {x};
  Graph graph = net.graph();
  DiagText diag;
  ASSERT_TRUE(OrderNodes(graph, diag).ok());
  for (size_t i = 0; i < graph.nodes.size(); ++i)
    EXPECT_EQ(graph.nodes[i].name, net.graph().nodes[i].name);
}

Graph RandomBranches(uint32_t seed) {
  SmallNetwork net(seed);
  std::vector<int> pictures = {net.Input({1, 6, 6, 2})};
  const int nodes = 3 + net.Upto(2);
  for (int i = 0; i < nodes; ++i) {
    const int x =
        pictures[static_cast<size_t>(net.Upto(static_cast<int32_t>(pictures.size()) - 1))];
    pictures.push_back(net.Conv(x, {.outputs = 1 + net.Upto(12), .size = 1 + 2 * net.Upto(1)}));
  }
  for (size_t i = 1; i < pictures.size(); ++i) {
    const auto read = [&](const Node& node) { return node.inputs[0] == pictures[i]; };
    if (std::none_of(net.graph().nodes.begin(), net.graph().nodes.end(), read))
      net.graph().outputs.push_back(pictures[i]);
  }
  return net.graph();
}

// What the nodes need at least in this order; -1 if a node reads what is not there yet.
int64_t BoundOf(Graph graph, const std::vector<size_t>& order) {
  const Graph from = graph;
  DiagText diag;
  std::vector<Lowered> lowered;
  std::vector<bool> written(graph.tensors.size());
  written[static_cast<size_t>(graph.inputs[0])] = true;
  for (size_t i = 0; i < order.size(); ++i) {
    graph.nodes[i] = from.nodes[order[i]];
    if (!written[static_cast<size_t>(graph.nodes[i].inputs[0])]) return -1;
    written[static_cast<size_t>(graph.nodes[i].outputs[0])] = true;
    lowered.push_back(*Lower(graph, graph.nodes[i], diag));
  }
  const std::vector<OpView> views = ViewsOf(graph, lowered);
  return LowerBound(Lifetimes(graph, views).problem());
}

TEST(Order, IsTheBestOfAllOrders) {
  int better = 0;
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    Graph graph = RandomBranches(seed);
    std::vector<size_t> order(graph.nodes.size());
    std::iota(order.begin(), order.end(), size_t{0});
    const std::vector<size_t> given = order;
    const int64_t before = BoundOf(graph, given);
    int64_t least = before;
    do {
      const int64_t bound = BoundOf(graph, order);
      if (bound >= 0) least = std::min(least, bound);
    } while (std::next_permutation(order.begin(), order.end()));
    DiagText diag;
    ASSERT_TRUE(OrderNodes(graph, diag).ok());
    EXPECT_EQ(BoundOf(graph, given), least) << seed;
    if (least < before) ++better;
  }
  EXPECT_GT(better, 5);
}

}  // namespace
}  // namespace covey::compiler
