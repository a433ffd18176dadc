// Networks with dead, constant and saturated channels, compiled with and without the pass: every
// output byte is the same, and what goes is what may go.
#include <gtest/gtest.h>

#include "compiler/compile.hpp"
#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"
#include "compiler/pipeline.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "core/host/stride.hpp"

namespace covey::compiler {
namespace {

// One more op, on one of the pictures there are.
int Grow(SmallNetwork& net, const std::vector<int>& pictures) {
  const int x =
      net.Chance(75)
          ? pictures.back()
          : pictures[static_cast<size_t>(net.Upto(static_cast<int32_t>(pictures.size()) - 1))];
  const std::vector<int32_t> dims = net.Dims(x);
  const auto activation = static_cast<Activation>(net.Upto(3));
  const int kind = net.Upto(9);
  if (kind <= 5) {
    ConvShape shape;
    shape.outputs = 2 * (1 + net.Upto(4));
    shape.size = 1 + net.Upto(2);
    shape.stride = 1 + net.Upto(1);
    shape.dilation = 1 + net.Upto(1);
    shape.padding = static_cast<Padding>(net.Upto(2));
    shape.activation = activation;
    shape.bias = net.Chance(80);
    shape.per_channel = net.Chance(70);
    if (kind >= 4) shape.multiplier = net.Chance(70) ? 1 : 2;
    if (kind == 3 && net.Chance(50) && dims[3] % 2 == 0) shape.groups = 2;
    if (SmallNetwork::Slide(std::min(dims[1], dims[2]), shape, 0) < 1) {
      shape.padding = Padding::kSame;
    }
    return net.Conv(x, shape);
  }
  if (kind == 6) {
    for (int other : pictures) {
      if (net.Dims(other) != dims || (other == x && net.Chance(50))) continue;
      const int out =
          net.Activation8(dims, 0.01F * static_cast<float>(1 + net.Upto(20)), net.ZeroPoint());
      return net.Op1(Op::kAdd, {x, other}, out, {}, activation);
    }
  }
  if (kind == 7) {
    Window window;
    window.window_h = window.window_w = 2;
    window.padding = Padding::kSame;
    return net.Op1(net.Chance(50) ? Op::kMaxPool2D : Op::kAveragePool2D, {x}, net.Like(x), window,
                   activation);
  }
  if (kind == 8) {
    Pads pads{.before = {0, net.Upto(1), 1, 0}, .after = {0, 1, net.Upto(1), 0}};
    if (net.Chance(10)) pads.after[3] = 1;
    pads.has_value = net.Chance(50);
    pads.value = net.Upto(255) - 128;
    std::vector<int32_t> padded = dims;
    for (size_t i = 0; i < 4; ++i) padded[i] += pads.before[i] + pads.after[i];
    const int out = net.Like(x);
    TensorOf(net.graph(), out).dims = padded;
    return net.Op1(Op::kPad, {x}, out, pads);
  }
  const int out =
      net.Activation8(dims, 0.01F * static_cast<float>(1 + net.Upto(20)), net.ZeroPoint());
  if (net.Chance(50)) return net.Op1(Op::kQuantize, {x}, out);
  return net.Op1(Op::kRelu, {x}, out, {}, Activation::kRelu6);
}

Graph RandomNetwork(uint32_t seed) {
  SmallNetwork net(seed);
  std::vector<int> pictures = {
      net.Input({1 + net.Upto(1), 3 + net.Upto(3), 3 + net.Upto(3), 1 + net.Upto(3)})};
  const int ops = 2 + net.Upto(5);
  for (int i = 0; i < ops; ++i) pictures.push_back(Grow(net, pictures));
  const int last = pictures.back();
  const std::vector<int32_t> dims = net.Dims(last);
  Graph& graph = net.graph();
  if (net.Chance(30) && pictures.size() > 2) graph.outputs.push_back(pictures[1]);
  int head = last;
  if (net.Chance(40)) {
    head = net.Activation8({dims[0], dims[3]}, 0.03F, net.ZeroPoint());
    net.Op1(Op::kMean, {last}, head, Reduce{.axes = {1, 2}});
  } else if (net.Chance(50)) {
    head = net.Like(last);
    TensorOf(graph, head).dims = {dims[0], dims[1] * dims[2] * dims[3]};
    net.Op1(Op::kReshape, {last}, head);
  }
  const auto depth = static_cast<int32_t>(TensorOf(graph, head).elements() / dims[0]);
  head = net.FullyConnected(head, depth, 2 + net.Upto(6), net.Chance(50));
  if (net.Chance(60)) {
    head = net.FullyConnected(head, net.Dims(head)[1], 1 + net.Upto(3), net.Chance(50));
  }
  graph.outputs.push_back(head);
  return graph;
}

int64_t WeightBytes(const Graph& graph) {
  return static_cast<int64_t>(Summarise(graph).weight_bytes);
}

TEST(DeadChannels, KeepsEveryByteOfRandomNetworks) {
  uint32_t smaller = 0;
  constexpr uint32_t kNetworks = 600 / Stride(6);
  for (uint32_t seed = 1; seed <= kNetworks; ++seed) {
    SCOPED_TRACE(seed);
    const Graph graph = RandomNetwork(seed);
    ExpectSameBytes(graph, DropDeadChannels);
    if (WeightBytes(Passed(graph)) < WeightBytes(Passed(graph, DropDeadChannels))) ++smaller;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(smaller, kNetworks / 4);
}

// conv 1x1 (3 channels: one saturated at `constant`, one read by nobody) -> `second`.
struct Pair {
  SmallNetwork net{1};
  int middle = 0;

  Pair(int32_t constant, int32_t zero_point, ConvShape second) {
    int x = net.Input({1, 4, 4, 2});
    middle = net.Conv(x, {.outputs = 3, .per_channel = false});
    Tensor& m = TensorOf(net.graph(), middle);
    m.quant = {.scales = {0.1F}, .zero_points = {zero_point}, .axis = -1};
    const Node& first = net.graph().nodes[0];
    net.Set<int8_t>(first.inputs[1], {0, 0, 7, -9, 5, 100});
    // Two times the scale of a step of the sum: 0.05 * 0.02 = 0.001 to 0.1.
    net.Set<int32_t>(first.inputs[2], {(constant - zero_point) * 100, 30, 40});
    const int y = net.Conv(middle, second);
    const int weights = net.graph().nodes[1].inputs[1];
    if (second.multiplier == 0) {
      std::vector<int8_t> values(TensorOf(net.graph(), weights).data->size());
      for (size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<int8_t>(i % 3 == 2 ? 0 : 3 * static_cast<int>(i) + 11);
      }
      net.Set(weights, values);
    }
    net.graph().outputs = {y};
  }
  // Channels of the tensor between, after the pass.
  int32_t Left() {
    ExpectSameBytes(net.graph(), DropDeadChannels);
    return TensorOf(Passed(net.graph()), middle).dims[3];
  }
};

TEST(DeadChannels, DropsAConstantBeforeAWindowOfOne) {
  EXPECT_EQ(Pair(50, -10, {.outputs = 2}).Left(), 1);
}
TEST(DeadChannels, GivesABiasToAnOpThatHadNone) {
  EXPECT_EQ(Pair(50, -10, {.outputs = 2, .bias = false}).Left(), 1);
}
TEST(DeadChannels, DropsAConstantBeforeAWindowThatStaysInside) {
  EXPECT_EQ(Pair(50, -10, {.outputs = 2, .size = 3, .padding = Padding::kValid}).Left(), 1);
}
TEST(DeadChannels, KeepsAConstantBeforeAWindowThatMeetsTheEdge) {
  EXPECT_EQ(Pair(50, -10, {.outputs = 2, .size = 3}).Left(), 2);
}
TEST(DeadChannels, DropsTheZeroPointAtAnEdgeToo) {
  EXPECT_EQ(Pair(-10, -10, {.outputs = 2, .size = 3}).Left(), 1);
}
TEST(DeadChannels, KeepsAllThatGroupsRead) {
  Pair pair(50, -10, {.outputs = 3, .groups = 3});
  EXPECT_EQ(pair.Left(), 3);
}
TEST(DeadChannels, KeepsAllOfAnOutput) {
  Pair pair(50, -10, {.outputs = 2});
  pair.net.graph().outputs.push_back(pair.middle);
  EXPECT_EQ(pair.Left(), 3);
}
TEST(DeadChannels, KeepsAllThatAnOpaqueReaderSees) {
  Pair pair(50, -10, {.outputs = 2});
  const int turned = pair.net.Like(pair.middle);
  pair.net.Op1(Op::kTranspose, {pair.middle}, turned, Permutation{{0, 2, 1, 3}});
  pair.net.graph().outputs.push_back(turned);
  EXPECT_EQ(pair.Left(), 3);
}

// conv -> depthwise, two outputs a channel -> conv 1x1 that reads outputs 0 (of channel 0) and 2
// (of channel 1) only.
TEST(DeadChannels, DropsWholeGroupsOfADepthMultiplier) {
  SmallNetwork net(3);
  const int a = net.Conv(net.Input({1, 4, 4, 2}), {.outputs = 3, .bias = false});
  const int b = net.Conv(a, {.size = 3, .multiplier = 2, .bias = false});
  const int c = net.Conv(b, {.outputs = 1});
  net.graph().outputs = {c};
  for (int node : {0, 1}) {
    const int weights = net.graph().nodes[static_cast<size_t>(node)].inputs[1];
    net.Set(weights, std::vector<int8_t>(TensorOf(net.graph(), weights).data->size(), 3));
  }
  net.Set<int8_t>(net.graph().nodes[2].inputs[1], {9, 0, 9, 0, 0, 0});
  ExpectSameBytes(net.graph(), DropDeadChannels);
  const Graph passed = Passed(net.graph());
  EXPECT_EQ(TensorOf(passed, a).dims[3], 2);
  EXPECT_EQ(TensorOf(passed, b).dims[3], 4);
}

TEST(DeadChannels, KeepsWhatALiveSumAdds) {
  SmallNetwork net(4);
  const int x = net.Input({1, 4, 4, 2});
  const int a = net.Conv(x, {.outputs = 2});
  const int b = net.Conv(x, {.outputs = 2});
  const int sum = net.Op1(Op::kAdd, {a, b}, net.Like(a));
  const int y = net.Conv(sum, {.outputs = 1});
  net.graph().outputs = {y};
  // a's channel 0 is constant, b's is not; channel 1 of the sum is read by nobody.
  net.Set<int8_t>(net.graph().nodes[0].inputs[1], {0, 0, 5, 6});
  net.Set<int8_t>(net.graph().nodes[1].inputs[1], {50, 60, 7, 8});
  net.Set<int8_t>(net.graph().nodes[3].inputs[1], {1, 0});
  ExpectSameBytes(net.graph(), DropDeadChannels);
  const Graph passed = Passed(net.graph());
  for (int tensor : {a, b, sum}) EXPECT_EQ(TensorOf(passed, tensor).dims[3], 1);
}

// Before a window of one whatever is dead goes; before Winograd's 3x3 a multiple of four stays.
TEST(DeadChannels, KeepsFoursForWinograd) {
  int32_t alone = 0;
  for (const int32_t size : {1, 3}) {
    SmallNetwork net(8);
    const int a = net.Conv(net.Input({1, 4, 4, 2}), {.outputs = 8});
    const int b = net.Conv(a, {.outputs = 4, .size = size});
    net.graph().outputs = {b};
    const int weights = net.graph().nodes[1].inputs[1];
    std::vector<int8_t> values(TensorOf(net.graph(), weights).data->size(), 5);
    for (size_t i = 0; i < values.size(); ++i)
      if (i % 8 == 2 || i % 8 == 5) values[i] = 0;
    net.Set(weights, values);
    const int first = net.graph().nodes[0].inputs[1];
    net.Set(first, std::vector<int8_t>(TensorOf(net.graph(), first).data->size(), 3));
    ExpectSameBytes(net.graph(), DropDeadChannels);
    const int32_t left = TensorOf(Passed(net.graph()), a).dims[3];
    if (size == 1) alone = left;
    EXPECT_LT(left, 8);
    EXPECT_EQ(left % 4 == 0, size == 3) << left;
  }
  EXPECT_EQ(alone, 3);
}

// With one scale fully_connected would multiply its scales in single precision.
TEST(DeadChannels, LeavesFullyConnectedTwoScales) {
  SmallNetwork net(5);
  const int a = net.FullyConnected(net.Input({1, 4}), 4, 3, true);
  const int b = net.FullyConnected(a, 3, 2, true);
  net.graph().outputs = {b};
  net.Set<int8_t>(net.graph().nodes[1].inputs[1], {9, 0, 0, 7, 0, 0});
  ExpectSameBytes(net.graph(), DropDeadChannels);
  const Graph passed = Passed(net.graph());
  EXPECT_EQ(TensorOf(passed, a).dims[1], 2);
  EXPECT_EQ(TensorOf(passed, passed.nodes[0].inputs[1]).quant.scales.size(), 2u);
}

// 0 and 255 shifted left by 25 both end below the zero point, 64 far above it.
TEST(DeadChannels, TrustsNoBoundsOfSumsThatWrap) {
  SmallNetwork net(8);
  const int x = net.Input({1, 4, 4, 1});
  TensorOf(net.graph(), x).quant.zero_points = {-128};
  const int a = net.Conv(x, {.outputs = 2, .bias = false, .per_channel = false});
  TensorOf(net.graph(), a).quant = {.scales = {6e-11F}, .zero_points = {-128}, .axis = -1};
  const int b = net.Conv(a, {.outputs = 1, .bias = false, .per_channel = false});
  TensorOf(net.graph(), b).quant = {.scales = {2e-11F}, .zero_points = {-128}, .axis = -1};
  net.Set<int8_t>(net.graph().nodes[0].inputs[1], {1, 3});
  net.Set<int8_t>(net.graph().nodes[1].inputs[1], {1, 1});
  net.graph().outputs = {b};
  ExpectSameBytes(net.graph(), DropDeadChannels);
  EXPECT_EQ(TensorOf(Passed(net.graph()), a).dims[3], 2);
}

TEST(DeadChannels, LeavesWeightsThatAnotherOpShares) {
  SmallNetwork net(6);
  const int x = net.Input({1, 4, 4, 2});
  const int a = net.Conv(x, {.outputs = 2});
  const int b = net.Conv(a, {.outputs = 2});
  net.graph().nodes[1].inputs[1] = net.graph().nodes[0].inputs[1];
  net.Set<int8_t>(net.graph().nodes[0].inputs[1], {9, 0, 7, 0});
  net.graph().outputs = {b};
  ExpectSameBytes(net.graph(), DropDeadChannels);
  EXPECT_EQ(TensorOf(Passed(net.graph()), a).dims[3], 1);
}

TEST(DeadChannels, HalvesVisualWakeWordsAndLeavesTheOthers) {
  const auto data = DataDir();
  if (!data) GTEST_SKIP() << "COVEY_DATA: the folder of real models is absent";
  const auto macs = [&](const char* file, bool drop) {
    DiagText diag;
    const auto graph = ImportFile(*data / "mlperf_tiny" / "models" / file, diag);
    EXPECT_TRUE(graph.ok()) << diag.Text();
    return graph.ok() ? Summarise(Passed(*graph, drop ? nullptr : DropDeadChannels)).macs : 0;
  };
  EXPECT_EQ(macs("vww_96_int8.tflite", false), 7'489'664u);
  EXPECT_LE(macs("vww_96_int8.tflite", true), 3'737'933u);  // as an independent analysis found
  for (const char* file : {"pretrainedResnet_quant.tflite", "kws_ref_model.tflite"}) {
    EXPECT_EQ(macs(file, true), macs(file, false)) << file;
  }
}

}  // namespace
}  // namespace covey::compiler
