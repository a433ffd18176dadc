#include <gtest/gtest.h>

#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"

namespace covey::compiler {
namespace {

// conv -> the move -> conv
Graph Between(Op op, const Attributes& attributes) {
  SmallNetwork net(4);
  const int x = net.Conv(net.Input({1, 3, 3, 2}), {.outputs = 4});
  const int moved = net.Op1(op, {x}, net.Like(x), attributes);
  net.graph().outputs = {net.Conv(moved, {.outputs = 3})};
  return net.graph();
}
bool Stays(const Graph& graph, Op op) {
  const Graph passed = Passed(graph);
  return std::any_of(passed.nodes.begin(), passed.nodes.end(),
                     [op](const Node& node) { return node.op == op; });
}

TEST(Moves, ThatChangeNothingGo) {
  const std::vector<std::pair<Op, Attributes>> moves = {
      {Op::kSlice, Slice{{0, 0, 0, 0}, {1, 1, 1, 1}}},
      {Op::kGather, Gather{2, {0, 1, 2}}},
      {Op::kConcat, Concat{3}},
  };
  for (const auto& [op, attributes] : moves) {
    const Graph graph = Between(op, attributes);
    EXPECT_FALSE(Stays(graph, op)) << OpName(op);
    ExpectSameBytes(graph, RemoveMoves);
  }
}

TEST(Moves, ThatReorderStay) {
  const std::vector<std::pair<Op, Attributes>> moves = {
      {Op::kSlice, Slice{{0, 2, 0, 0}, {1, -1, 1, 1}}},
      {Op::kGather, Gather{2, {0, 2, 1}}},
      {Op::kGather, Gather{1, {0, 1, 1}}},
  };
  for (const auto& [op, attributes] : moves) {
    const Graph graph = Between(op, attributes);
    EXPECT_TRUE(Stays(graph, op)) << OpName(op);
    ExpectSameBytes(graph, RemoveMoves);
  }
}

}  // namespace
}  // namespace covey::compiler
