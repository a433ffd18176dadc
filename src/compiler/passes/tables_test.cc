// Element-wise chains become tables, convolutions over the whole picture fully connected layers;
// every byte stays.
#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"

namespace covey::compiler {
namespace {

std::vector<Op> OpsOf(const Graph& graph) {
  std::vector<Op> ops;
  for (const Node& node : Passed(graph).nodes) ops.push_back(node.op);
  return ops;
}

int Scalar(SmallNetwork& net, int8_t value) {
  const int tensor = net.Activation8({1}, 0.01F, 3);
  net.Set<int8_t>(tensor, {value});
  return tensor;
}

Unary Some(SmallNetwork& net) {
  constexpr UnaryKind kKinds[] = {UnaryKind::kHardSigmoid, UnaryKind::kTanh, UnaryKind::kAbs};
  Unary unary;
  unary.kind = kKinds[net.Upto(2)], unary.alpha = 0.2F, unary.beta = 0.5F;
  return unary;
}

int Another(SmallNetwork& net, int like) {
  const int tensor = net.Like(like);
  Quant& quant = TensorOf(net.graph(), tensor).quant;
  quant.scales = {0.01F * static_cast<float>(1 + net.Upto(9))};
  quant.zero_points = {net.ZeroPoint()};
  return tensor;
}

TEST(MakeTables, TakesAnOpOfATensorAndItsOwnFunction) {
  constexpr Op kOps[] = {Op::kMul, Op::kAdd, Op::kSub, Op::kMaximum, Op::kMinimum, Op::kPrelu};
  for (const Op op : kOps) {
    SCOPED_TRACE(OpName(op));
    SmallNetwork net(7);
    const int x = net.Conv(net.Input({1, 5, 5, 4}), {.outputs = 4});
    const bool same = op == Op::kMaximum || op == Op::kMinimum;  // of one quantisation
    const int gate = net.Op1(Op::kUnary, {x}, same ? net.Like(x) : Another(net, x), Some(net));
    const int y = net.Op1(op, {x, gate}, same ? net.Like(x) : Another(net, x));
    net.graph().outputs = {net.Conv(y, {.outputs = 3})};
    EXPECT_EQ(OpsOf(net.graph()), (std::vector<Op>{Op::kConv2D, Op::kUnary, Op::kConv2D}));
    ExpectSameBytes(net.graph(), MakeTables);
  }
}

TEST(MakeTables, KeepsEveryByteOfRandomChains) {
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    SmallNetwork net(seed);
    std::vector<int> made = {net.Input({1, 4, 4, 4 + 4 * net.Upto(1)})};
    if (net.Chance(50)) made[0] = net.Conv(made[0], {.outputs = 4});
    const int count = 2 + net.Upto(5);
    for (int i = 0; i < count; ++i) {
      const auto any = [&] { return made[static_cast<size_t>(net.Upto(int(made.size()) - 1))]; };
      const int a = any();
      int b = any();
      if (net.Chance(20)) b = Scalar(net, static_cast<int8_t>(net.Upto(255) - 128));
      const int out = Another(net, made[0]);
      switch (net.Upto(4)) {
        case 0:
          made.push_back(net.Op1(Op::kUnary, {a}, out, Some(net)));
          break;
        case 1:
          made.push_back(net.Op1(Op::kQuantize, {a}, out));
          break;
        case 2:
          made.push_back(net.Op1(Op::kAdd, {a, b}, out, {}, Activation::kRelu));
          break;
        default:
          made.push_back(net.Op1(Op::kMul, {a, b}, out));
      }
    }
    net.graph().outputs = {made.back()};
    if (net.Chance(30) && made.size() > 3) net.graph().outputs.push_back(made[2]);
    ExpectSameBytes(net.graph(), MakeTables);
  }
}

TEST(MakeTables, MergesAChainThatNobodyElseReads) {
  SmallNetwork net(3);
  const int x = net.Conv(net.Input({1, 5, 5, 4}), {.outputs = 4});
  const int middle = net.Op1(Op::kUnary, {x}, Another(net, x), Some(net));
  const int y = net.Op1(Op::kQuantize, {middle}, Another(net, x));
  net.graph().outputs = {y};
  EXPECT_EQ(OpsOf(net.graph()), (std::vector<Op>{Op::kConv2D, Op::kUnary}));
  net.graph().outputs = {y, middle};
  EXPECT_EQ(OpsOf(net.graph()), (std::vector<Op>{Op::kConv2D, Op::kUnary, Op::kUnary}));
  ExpectSameBytes(net.graph(), MakeTables);
}

TEST(MakeTables, LeavesWhatBroadcasts) {
  SmallNetwork net(5);
  const int x = net.Conv(net.Input({1, 5, 5, 4}), {.outputs = 4});
  const int gate = net.Activation8({1, 1, 1, 4}, 0.01F, -128);
  net.Op1(Op::kMean, {x}, gate, Reduce{{1, 2}, true});
  net.graph().outputs = {net.Op1(Op::kMul, {x, gate}, Another(net, x))};
  EXPECT_EQ(OpsOf(net.graph()), (std::vector<Op>{Op::kConv2D, Op::kMean, Op::kMul}));
}

TEST(MakeDense, TakesAConvolutionOfTheWholePicture) {
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    SmallNetwork net(seed);
    const int32_t size = 1 + net.Upto(3);
    ConvShape shape{.outputs = 2 + net.Upto(6), .size = size};
    shape.per_channel = net.Chance(50), shape.bias = net.Chance(70);
    shape.stride = net.Chance(50) ? 1 : 4;
    shape.padding = size > 1 && shape.stride == 1 ? Padding::kValid : Padding::kSame;
    shape.activation = net.Chance(50) ? Activation::kRelu : Activation::kNone;
    const int x = net.Conv(net.Input({1, size, size, 1 + net.Upto(6)}), shape);
    net.graph().outputs = {x};
    const std::vector<Op> ops = OpsOf(net.graph());
    // A network may lose all of its channels but one before.
    if (Passed(net.graph(), MakeDense).nodes.size() == 1) {
      EXPECT_EQ(ops, std::vector<Op>{Op::kFullyConnected});
    }
    ExpectSameBytes(net.graph(), MakeDense);
  }
}

TEST(MakeDense, LeavesASmallerWindow) {
  SmallNetwork net(2);
  net.graph().outputs = {net.Conv(net.Input({1, 3, 3, 2}), {.outputs = 3, .size = 3})};
  EXPECT_EQ(OpsOf(net.graph()), std::vector<Op>{Op::kConv2D});
}

}  // namespace
}  // namespace covey::compiler
