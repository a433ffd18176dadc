// Folding constants, fusing pads and relus keeps every byte; what would change one stays.
#include <gtest/gtest.h>

#include <algorithm>

#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"

namespace covey::compiler {
namespace {

size_t Count(const Graph& graph, Op op) {
  return static_cast<size_t>(std::count_if(graph.nodes.begin(), graph.nodes.end(),
                                           [op](const Node& node) { return node.op == op; }));
}

int AddPad(SmallNetwork& net, int x, std::vector<int32_t> before, std::vector<int32_t> after) {
  const int out = net.Like(x);
  std::vector<int32_t> dims = net.Dims(x);
  for (size_t i = 0; i < dims.size(); ++i) dims[i] += before[i] + after[i];
  TensorOf(net.graph(), out).dims = dims;
  return net.Op1(Op::kPad, {x}, out, Pads{.before = std::move(before), .after = std::move(after)});
}

TEST(FusePads, KeepsEveryByteWhateverTheConvolutionPads) {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    SmallNetwork net(seed);
    const int x = net.Input({1, 4 + net.Upto(3), 4 + net.Upto(3), 2});
    const int padded =
        AddPad(net, x, {0, net.Upto(3), net.Upto(3), 0}, {0, net.Upto(3), net.Upto(3), 0});
    ConvShape shape;
    shape.size = 1 + net.Upto(2);
    shape.stride = 1 + net.Upto(2);
    shape.padding = static_cast<Padding>(net.Upto(2));
    shape.multiplier = net.Upto(1);
    net.graph().outputs = {net.Conv(padded, shape)};
    ExpectSameBytes(net.graph(), FusePads);
    EXPECT_EQ(Count(Passed(net.graph()), Op::kPad), 0u);
  }
}

// Pads left after the pass, with something done to the network.
template <typename Change>
size_t PadsLeft(Change change) {
  SmallNetwork net(1);
  const int padded = AddPad(net, net.Input({1, 4, 4, 2}), {0, 1, 1, 0}, {0, 1, 1, 0});
  net.graph().outputs = {net.Conv(padded, {.size = 3, .padding = Padding::kValid})};
  change(net, padded);
  ExpectSameBytes(net.graph(), FusePads);
  return Count(Passed(net.graph()), Op::kPad);
}

TEST(FusePads, LeavesAnotherValueThanTheZeroPoint) {
  EXPECT_EQ(PadsLeft([](SmallNetwork& net, int padded) {
              auto& pads = std::get<Pads>(net.graph().nodes[0].attributes);
              pads.has_value = true;
              pads.value = TensorOf(net.graph(), padded).quant.zero_points[0] ^ 1;
            }),
            1u);
}
TEST(FusePads, LeavesAChangeOfScale) {
  EXPECT_EQ(PadsLeft([](SmallNetwork& net, int padded) {
              TensorOf(net.graph(), padded).quant.scales = {0.5F};
            }),
            1u);
}
TEST(FusePads, LeavesAnOutput) {
  EXPECT_EQ(PadsLeft([](SmallNetwork& net, int padded) { net.graph().outputs.push_back(padded); }),
            1u);
}
TEST(FusePads, LeavesWhatAnotherOpReads) {
  EXPECT_EQ(
      PadsLeft([](SmallNetwork& net, int padded) {
        Window window;
        window.window_h = window.window_w = 2;
        net.graph().outputs.push_back(net.Op1(Op::kMaxPool2D, {padded}, net.Like(padded), [&] {
          window.padding = Padding::kSame;
          return window;
        }()));
      }),
      1u);
}
TEST(FusePads, LeavesAPadOfChannels) {
  SmallNetwork net(2);
  const int padded = AddPad(net, net.Input({1, 4, 4, 2}), {0, 0, 0, 1}, {0, 0, 0, 0});
  net.graph().outputs = {net.Conv(padded, {.size = 3})};
  ExpectSameBytes(net.graph(), FusePads);
  EXPECT_EQ(Count(Passed(net.graph()), Op::kPad), 1u);
}
TEST(FusePads, LeavesAnOutputOfTheWrongSizeToBeRefused) {
  SmallNetwork net(3);
  const int padded = AddPad(net, net.Input({1, 4, 4, 2}), {0, 1, 1, 0}, {0, 1, 1, 0});
  const int y = net.Conv(padded, {.size = 3});
  TensorOf(net.graph(), y).dims[1] += 1;
  net.graph().outputs = {y};
  DiagText diag;
  EXPECT_EQ(Emit(Passed(net.graph()), Target::kAny, diag).status().code(), Code::kInvalidArgument);
}

// conv (with `first`) -> relu node `second`, the quantisation of all the same or not.
Graph ConvThenRelu(Activation first, Activation second, bool same) {
  SmallNetwork net(4);
  const int a = net.Conv(net.Input({1, 5, 5, 2}), {.outputs = 4, .activation = first});
  TensorOf(net.graph(), a).quant = {.scales = {0.08F}, .zero_points = {-20}, .axis = -1};
  const int b = net.Like(a);
  if (!same) TensorOf(net.graph(), b).quant.scales = {0.07F};
  net.graph().outputs = {net.Op1(Op::kRelu, {a}, b, {}, second)};
  return net.graph();
}

TEST(FuseRelu, JoinsTwoClampsIntoOne) {
  for (const auto first : {Activation::kNone, Activation::kRelu, Activation::kRelu6}) {
    for (const auto second : {Activation::kRelu, Activation::kRelu6}) {
      const Graph graph = ConvThenRelu(first, second, true);
      ExpectSameBytes(graph, FuseRelu);
      EXPECT_EQ(Count(Passed(graph), Op::kRelu), 0u);
    }
  }
}
TEST(FuseRelu, LeavesClampsThatNoneEquals) {
  const Graph graph = ConvThenRelu(Activation::kReluN1To1, Activation::kRelu, true);
  ExpectSameBytes(graph, FuseRelu);
  EXPECT_EQ(Count(Passed(graph), Op::kUnary), 1u);  // what is left of it: a table
}
TEST(FuseRelu, LeavesAClampThatRounds) {
  const Graph graph = ConvThenRelu(Activation::kNone, Activation::kRelu6, false);
  ExpectSameBytes(graph, FuseRelu);
  EXPECT_EQ(Count(Passed(graph), Op::kUnary), 1u);  // what is left of it: a table
}
TEST(FuseRelu, FollowsAChain) {
  SmallNetwork net(5);
  const int input = net.Input({1, 5, 5, 2});
  int x = input;
  for (const auto activation : {Activation::kRelu, Activation::kRelu6, Activation::kRelu}) {
    x = net.Op1(Op::kRelu, {x}, net.Like(input), {}, activation);
  }
  net.graph().outputs = {x};
  ExpectSameBytes(net.graph(), FuseRelu);
  EXPECT_EQ(Count(Passed(net.graph()), Op::kRelu), 1u);
}

// x + quantize(constant), with every int8 value and several changes of scale.
TEST(FoldConstants, RequantisesAsTheKernelDoes) {
  for (const Op op : {Op::kQuantize, Op::kRelu}) {
    for (float scale : {0.01F, 0.05F, 0.049F, 3.0F}) {
      SmallNetwork net(6);
      const int x = net.Input({1, 16, 16, 1});
      const int constant = net.Like(x);
      std::vector<int8_t> values(256);
      for (int i = 0; i < 256; ++i) values[static_cast<size_t>(i)] = static_cast<int8_t>(i - 128);
      net.Set(constant, values);
      const int scaled = net.Activation8({1, 16, 16, 1}, scale, 5);
      net.Op1(op, {constant}, scaled, {}, op == Op::kRelu ? Activation::kRelu6 : Activation::kNone);
      net.graph().outputs = {
          net.Op1(Op::kAdd, {x, scaled}, net.Activation8({1, 16, 16, 1}, 0.1F, 0))};
      ExpectSameBytes(net.graph(), FoldConstants);
      EXPECT_EQ(Passed(net.graph()).nodes.size(), 1u);
    }
  }
}
TEST(FoldConstants, LeavesAnOutputToBeComputed) {
  SmallNetwork net(7);
  const int x = net.Input({1, 4});
  const int constant = net.Like(x);
  net.Set<int8_t>(constant, {1, 2, 3, 4});
  net.graph().outputs = {net.Op1(Op::kRelu, {x}, net.Like(x), {}, Activation::kRelu),
                         net.Op1(Op::kQuantize, {constant}, net.Activation8({1, 4}, 0.3F, 1))};
  ExpectSameBytes(net.graph(), FoldConstants);
}

}  // namespace
}  // namespace covey::compiler
