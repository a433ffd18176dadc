// Float networks run in the engine, compared with the compiler's own float arithmetic; parts in
// float; functions of int16, compared with numbers that TFLite's reference kernels gave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"
#include "compiler/quantize/float_network.hpp"
#include "compiler/quantize/small_float.hpp"

namespace covey::compiler {
namespace {

std::vector<float> FloatsOf(const std::vector<std::byte>& bytes) {
  std::vector<float> floats(bytes.size() / sizeof(float));
  std::memcpy(floats.data(), bytes.data(), bytes.size());
  return floats;
}

// The bytes of a list, one after the other.
auto BytesOf(const void* data) {
  return [at = static_cast<const unsigned char*>(data)]() mutable { return *at++; };
}

// The engine's sums run in memory's order, as the other's do; only functions differ.
void ExpectSameFloats(SmallFloat& net) {
  DiagText diag;
  const Samples samples = net.RandomSamples(1);
  const auto network = FloatNetwork::Prepare(net.graph(), diag);
  ASSERT_TRUE(network.ok()) << diag.Text();
  Batch<float> batch(1, net.graph().tensors.size());
  batch.values[static_cast<size_t>(net.graph().inputs[0])] = samples.inputs[0];
  network->Run(batch, [](size_t) {});
  Compiled compiled(Passed(net.graph()));
  ASSERT_TRUE(compiled.ok());
  const auto found = FloatsOf(compiled.Run(BytesOf(samples.inputs[0].data())));
  const auto& expected = batch.values[static_cast<size_t>(net.graph().outputs[0])];
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 1e-5F * (1 + std::abs(expected[i]))) << i;
  }
}

TEST(FloatRun, AWholeNetworkGivesTheFloatsOfItsOps) {
  for (uint32_t seed = 1; seed < 5; ++seed) {
    SmallFloat net = EveryFloat(seed);
    ExpectSameFloats(net);
  }
}

TEST(FloatRun, EveryFunctionAndPairOfTensors) {
  for (int kind = 0; kind < static_cast<int>(UnaryKind::kTable); ++kind) {
    SmallFloat net(7);
    const int x = net.Input({1, 5, 7});
    const auto what = static_cast<UnaryKind>(kind);
    // Roots, logarithms and powers take what is positive.
    const int square = net.Add(Op::kMul, {x, x}, {1, 5, 7});
    const Unary unary{.kind = what, .alpha = 0.3F, .beta = 1, .table = nullptr};
    const bool positive = what == UnaryKind::kSqrt || what == UnaryKind::kRsqrt ||
                          what == UnaryKind::kLog || what == UnaryKind::kPower;
    const int y = net.Add(Op::kUnary, {positive ? square : x}, {1, 5, 7}, unary);
    net.graph().outputs = {y};
    if (what != UnaryKind::kReciprocal && what != UnaryKind::kRsqrt && what != UnaryKind::kLog) {
      ExpectSameFloats(net);
    }
  }
  for (const Op op : {Op::kAdd, Op::kSub, Op::kMul, Op::kMaximum, Op::kMinimum, Op::kPrelu}) {
    SmallFloat net(8);
    const int x = net.Input({2, 3, 4});
    net.graph().outputs = {net.Add(op, {x, net.Random({3, 1}, 1)}, {2, 3, 4})};
    ExpectSameFloats(net);
  }
}

TEST(FloatRun, PadsAndMovesFloats) {
  SmallFloat net(9);
  const int x = net.Input({1, 3, 4, 2});
  int y = net.Add(Op::kPad, {x}, {1, 5, 4, 2},
                  Pads{.before = {0, 1, 0, 0}, .after = {0, 1, 0, 0}, .real = 0.5F});
  y = net.Add(Op::kTranspose, {y}, {1, 4, 5, 2}, Permutation{{0, 2, 1, 3}});
  y = net.Add(Op::kConcat, {y, y}, {1, 8, 5, 2}, Concat{1});
  y = net.Add(Op::kMean, {y}, {1, 5, 2}, Reduce{.axes = {1}});
  net.graph().outputs = {y};
  ExpectSameFloats(net);
}

// int8 -> dequantize -> softmax in float -> float out: the tail of many a network.
TEST(FloatRun, AFloatTailFollowsAnInt8Network) {
  SmallNetwork net(3);
  const int x = net.Input({1, 8});
  Tensor real = TensorOf(net.graph(), x);
  real.dtype = DType::kFloat32;
  real.quant = {};
  const int a = AddTensor(net.graph(), real), b = AddTensor(net.graph(), real);
  net.Op1(Op::kDequantize, {x}, a);
  net.graph().outputs = {net.Op1(Op::kSoftmax, {a}, b, SoftmaxBeta{})};
  Compiled compiled(Passed(net.graph()));
  ASSERT_TRUE(compiled.ok());
  const auto found = FloatsOf(compiled.Run([i = 0]() mutable { return i++ * 10; }));
  double sum = 0;
  for (int i = 0; i < 8; ++i) sum += std::exp(0.05 * 10 * i);
  for (int i = 0; i < 8; ++i) {
    EXPECT_NEAR(static_cast<double>(found[static_cast<size_t>(i)]), std::exp(0.5 * i) / sum, 1e-6);
  }
}

constexpr int16_t kWide[] = {-32768, -20000, -5000, -777, -1, 0, 1, 333, 4096, 12345, 32767};

std::vector<int> Wide(Unary unary, float in_scale, float out_scale) {
  Graph graph;
  Tensor tensor;
  tensor.name = "x";
  tensor.dtype = DType::kInt16;
  tensor.dims = {11};
  tensor.quant = {.scales = {in_scale}, .zero_points = {0}, .axis = -1};
  graph.inputs = {AddTensor(graph, tensor)};
  tensor.quant.scales = {out_scale};
  graph.outputs = {AddTensor(graph, tensor)};
  Node node;
  node.op = Op::kUnary;
  node.inputs = graph.inputs, node.outputs = graph.outputs;
  unary.arithmetic = Arithmetic::kTflite;
  node.attributes = unary;
  graph.nodes = {node};
  Compiled compiled(Passed(graph));
  if (!compiled.ok()) return {};
  const auto bytes = compiled.Run(BytesOf(kWide));
  std::vector<int> values;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    int16_t value = 0;
    std::memcpy(&value, bytes.data() + i, sizeof(value));
    values.push_back(value);
  }
  return values;
}

TEST(WideFunctions, GiveTheReferencesNumbers) {
  using testing::ElementsAre;
  const Unary logistic{.kind = UnaryKind::kLogistic, .table = nullptr};
  const Unary tanh{.kind = UnaryKind::kTanh, .table = nullptr};
  constexpr float kOne = 1 / 32768.0F;
  EXPECT_THAT(Wide(logistic, 0.0003F, kOne),
              ElementsAre(2, 81, 5978, 14483, 16381, 16384, 16387, 17202, 25349, 31980, 32766));
  EXPECT_THAT(Wide(logistic, 0x1p-12F, kOne),
              ElementsAre(11, 247, 7465, 14835, 16382, 16384, 16386, 17050, 23956, 31234, 32757));
  EXPECT_THAT(Wide(logistic, 0x1p-11F, kOne),
              ElementsAre(1, 2, 2624, 13313, 16380, 16384, 16388, 17713, 28862, 32689, 32767));
  EXPECT_THAT(Wide(tanh, 0.0003F, kOne),
              ElementsAre(-32767, -32767, -29660, -7502, -11, 0, 11, 3264, 27598, 32729, 32767));
  EXPECT_THAT(Wide(tanh, 0x1p-11F, kOne),
              ElementsAre(-32767, -32767, -32275, -11868, -16, 0, 16, 5282, 31589, 32767, 32767));
  const Unary leaky{.kind = UnaryKind::kLeakyRelu, .alpha = 0.3F, .table = nullptr};
  EXPECT_THAT(Wide(leaky, 0.001F, 0.0007F),
              ElementsAre(-14044, -8572, -2143, -333, -1, 0, 1, 476, 5851, 17636, 32767));
  const Unary falling{.kind = UnaryKind::kLeakyRelu, .alpha = -0.2F, .table = nullptr};
  EXPECT_THAT(Wide(falling, 0.001F, 0.0007F),
              ElementsAre(9363, 5715, 1429, 222, 1, 0, 1, 476, 5851, 17636, 32767));
  const Unary abs{.kind = UnaryKind::kAbs, .table = nullptr};
  EXPECT_THAT(Wide(abs, 0.001F, 0.0015F),
              ElementsAre(21845, 13333, 3333, 518, 1, 0, 1, 222, 2731, 8230, 21845));
  // Where the table ends, it meets one: 333 stands for 5.306.
  EXPECT_THAT(Wide(tanh, 5.306F / 333, kOne), ElementsAre(-32767, -32767, -32767, -32767, -523, 0,
                                                          523, 32767, 32767, 32767, 32767));
  const Unary exp{.kind = UnaryKind::kExp, .table = nullptr};
  EXPECT_THAT(Wide(exp, 0.0003F, 0.001F),
              ElementsAre(0, 3, 223, 792, 999, 999, 999, 1105, 3416, 32767, 32767));
  const Unary gelu{.kind = UnaryKind::kGelu, .table = nullptr};
  EXPECT_THAT(Wide(gelu, 0.0003F, 0.0003F),
              ElementsAre(0, 0, -334, -317, -1, -1, 0, 180, 3646, 12343, 32766));
  const Unary log{.kind = UnaryKind::kLog, .table = nullptr};
  EXPECT_THAT(Wide(log, 0.0003F, 0.001F), ElementsAre(-32768, -32768, -32768, -32768, -25796,
                                                      -25741, -25565, -2317, 206, 1309, 2285));
}

// A scale so small that all differences are nothing: every class is as likely.
TEST(Softmax, OfATinyScaleIsEven) {
  SmallNetwork net(5);
  const int x = net.Activation8({1, 5}, 7.8e-9F, 0);
  net.graph().inputs = {x};
  net.graph().outputs = {
      net.Op1(Op::kSoftmax, {x}, net.Activation8({1, 5}, 1.0F / 256, -128), SoftmaxBeta{})};
  Compiled compiled(Passed(net.graph()));
  ASSERT_TRUE(compiled.ok());
  for (std::byte byte : compiled.Run([i = 0]() mutable { return i++ * 60 - 128; })) {
    EXPECT_EQ(static_cast<int8_t>(byte), 51 - 128);
  }
}

TEST(Rim, AnOutputMayBeAnInputAConstantOrAnotherOutput) {
  SmallNetwork net(6);
  const int x = net.Input({1, 4});
  const int y = net.Op1(Op::kRelu, {x}, net.Like(x), {}, Activation::kRelu);
  const int constant = net.Like(x);
  net.Set(constant, std::vector<int8_t>{1, 2, 3, 4});
  net.graph().outputs = {x, y, constant, y};
  Compiled compiled(Passed(net.graph()));
  ASSERT_TRUE(compiled.ok());
  const auto bytes = compiled.Run([i = 0]() mutable { return i++ * 9 - 20; });
  ASSERT_EQ(bytes.size(), 16U);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(static_cast<int8_t>(bytes[i]), static_cast<int>(i) * 9 - 20);
    EXPECT_EQ(bytes[i + 4], bytes[i + 12]);
    EXPECT_EQ(static_cast<int8_t>(bytes[i + 8]), static_cast<int>(i) + 1);
  }
}

TEST(Fold, WhatIsComputedOfConstantsAloneIsAConstant) {
  SmallNetwork net(6);
  const int x = net.Input({1, 4});
  const int a = net.Like(x), b = net.Like(x);
  net.Set(a, std::vector<int8_t>{1, 2, 3, 4});
  net.Set(b, std::vector<int8_t>{5, 6, 7, 8});
  const Tensor like = TensorOf(net.graph(), x);
  const int both = net.Activation8({2, 4}, like.quant.scales[0], like.quant.zero_points[0]);
  net.Op1(Op::kConcat, {a, b}, both, Concat{0});
  const int row = net.Like(x);
  net.Op1(Op::kSlice, {both}, row, Slice{{1, 0}, {1, 1}});
  net.graph().outputs = {net.Op1(Op::kMaximum, {x, row}, net.Like(x))};
  EXPECT_EQ(Passed(net.graph()).nodes.size(), 1U);
  Compiled compiled(Passed(net.graph()));
  ASSERT_TRUE(compiled.ok());
  const auto bytes = compiled.Run([] { return 6; });
  EXPECT_THAT(bytes, testing::ElementsAre(std::byte{6}, std::byte{6}, std::byte{7}, std::byte{8}));
}

}  // namespace
}  // namespace covey::compiler
