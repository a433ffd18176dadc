// Images for Cortex-M leave out weights that their skip lists repeat; every place gives the same
// bytes all the same.
#include <gtest/gtest.h>

#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"

namespace covey::compiler {
namespace {

// Two 3x3 convolutions with zeros where loops pass over them: of inputs 0 and 2 of each eight,
// everywhere.
Graph Thinned(SmallNetwork& net, bool shared) {
  int x = net.Input({1, 8, 8, 8});
  for (int i = 0; i < 2; ++i) {
    x = net.Conv(x, {.outputs = 8, .size = 3});
    Node& node = net.graph().nodes.back();
    if (i > 0 && shared) {
      node.inputs[1] = net.graph().nodes.front().inputs[1];
      continue;
    }
    std::vector<int8_t> weights(8 * 9 * 8);
    for (size_t w = 0; w < weights.size(); ++w)
      weights[w] = static_cast<int8_t>(w % 8 == 0 || w % 8 == 2 ? 0 : net.Upto(253) - 127);
    net.Set(node.inputs[1], weights);
  }
  net.graph().outputs = {x};
  return net.graph();
}

void ExpectSameRuns(Compiled& a, Compiled& b) {
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    const auto next = [state = std::minstd_rand(seed)]() mutable { return state() >> 8; };
    EXPECT_EQ(a.Run(next), b.Run(next));
  }
}

TEST(Listed, WeightsThatListsRepeatAreLeftOutAndGiveTheSameBytes) {
  for (const bool shared : {false, true}) {
    SmallNetwork net(shared ? 3 : 2);
    const Graph graph = Thinned(net, shared);
    Compiled plain(graph), listed(graph, {.target = Target::kCortexM});
    ASSERT_TRUE(plain.ok() && listed.ok());
    EXPECT_EQ(plain.bare(), 0);
    EXPECT_EQ(listed.bare(), shared ? 1 : 2);
    ExpectSameRuns(plain, listed);
  }
}

// Of runs of sixteen, on Helium: all but every third one of each output.
TEST(Listed, WeightsThatListsOfChunksRepeatAreLeftOutAndGiveTheSameBytes) {
  SmallNetwork net(5);
  int x = net.Input({1, 9, 7, 11});
  x = net.Conv(x, {.outputs = 9, .size = 3});
  std::vector<int8_t> weights(9 * 99);
  for (size_t w = 0; w < weights.size(); ++w)
    weights[w] = static_cast<int8_t>(w % 99 / 16 % 3 != w / 99 % 3 ? 0 : net.Upto(253) - 127);
  net.Set(net.graph().nodes.back().inputs[1], weights);
  net.graph().outputs = {x};
  Compiled plain(net.graph()), listed(net.graph(), {.target = Target::kMve});
  ASSERT_TRUE(plain.ok() && listed.ok());
  EXPECT_EQ(listed.bare(), 1);
  ExpectSameRuns(plain, listed);
}

// No room for lists: the weights stay.
TEST(Listed, WeightsStayWhereListsDoNotFit) {
  SmallNetwork net(2);
  const Graph graph = Thinned(net, false);
  Compiled plain(graph);
  const auto room = static_cast<int64_t>(plain.image_bytes());
  Compiled tight(graph, {.target = Target::kCortexM, .flash_bytes = room});
  ASSERT_TRUE(tight.ok());
  EXPECT_EQ(tight.bare(), 0);
  EXPECT_LE(static_cast<int64_t>(tight.image_bytes()), room);
  ExpectSameRuns(plain, tight);
}

}  // namespace
}  // namespace covey::compiler
