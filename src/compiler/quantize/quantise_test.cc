#include "compiler/quantize/quantise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "compiler/passes/compare.hpp"
#include "compiler/quantize/evaluate.hpp"
#include "compiler/quantize/small_float.hpp"
#include "core/host/diag_text.hpp"

namespace covey::compiler {
namespace {

Result<Quantised> Made(SmallFloat& net, const Samples& samples, DiagText& diag,
                       const QuantiseOptions& options = {}) {
  return Quantise(net.graph(), samples, options, diag);
}

TEST(Quantise, AnInt8NetworkIsCloseToItsFloatOne) {
  for (uint32_t seed = 1; seed < 6; ++seed) {
    SmallFloat net = EveryFloat(seed, /*softmax=*/false);
    DiagText diag;
    const auto made = Made(net, net.RandomSamples(30), diag);
    ASSERT_TRUE(made.ok()) << diag.Text();
    const Samples fresh = net.RandomSamples(20);
    const auto want = RunFloats(net.graph(), fresh, {}, diag);
    const auto got = RunInt8s(made->graph, fresh, {}, diag);
    ASSERT_TRUE(want.ok() && got.ok()) << diag.Text();
    double noise = 0, signal = 0;
    for (size_t i = 0; i < want->size(); ++i) {
      noise += std::pow(double{(*got)[i]} - double{(*want)[i]}, 2);
      signal += std::pow(double{(*want)[i]}, 2);
    }
    EXPECT_GT(10 * std::log10(signal / noise), 25.0) << seed;
  }
}

// What was measured is what a device gives.
TEST(Quantise, TheCompiledImageGivesTheMeasuredBytes) {
  SmallFloat net = EveryFloat(3);
  DiagText diag;
  const auto made = Made(net, net.RandomSamples(12), diag);
  ASSERT_TRUE(made.ok()) << diag.Text();
  Compiled image(Passed(made->graph));
  ASSERT_TRUE(image.ok());
  const auto network = Int8Network::Prepare(made->graph, diag);
  ASSERT_TRUE(network.ok()) << diag.Text();
  const Samples fresh = net.RandomSamples(5);
  for (size_t s = 0; s < fresh.count; ++s) {
    Batch<std::byte> batch = Int8Inputs(made->graph, Pick(fresh, {s}));
    const std::vector<std::byte> input = batch.values[static_cast<size_t>(made->graph.inputs[0])];
    network->Run(batch, [](size_t) {});
    size_t at = 0;
    EXPECT_EQ(image.Run([&] { return static_cast<int>(input[at++]); }),
              batch.values[static_cast<size_t>(made->graph.outputs[0])]);
  }
}

TEST(Quantise, TheSameSamplesGiveTheSameImage) {
  SmallFloat net = EveryFloat(8);
  const Samples samples = net.RandomSamples(9);
  DiagText diag;
  const auto first = Made(net, samples, diag);
  const auto second = Made(net, samples, diag);
  ASSERT_TRUE(first.ok() && second.ok()) << diag.Text();
  const auto a = Compile(first->graph, diag), b = Compile(second->graph, diag);
  ASSERT_TRUE(a.ok() && b.ok()) << diag.Text();
  EXPECT_EQ(*a, *b);
}

TEST(Quantise, SoftmaxAndPoolsFollowTheTfliteRules) {
  SmallFloat net = EveryFloat(2);
  DiagText diag;
  const auto made = Made(net, net.RandomSamples(6), diag);
  ASSERT_TRUE(made.ok()) << diag.Text();
  const Quant out = TensorOf(made->graph, made->graph.outputs[0]).quant;
  EXPECT_EQ(out.scales[0], 1.0F / 256);
  EXPECT_EQ(out.zero_points[0], -128);
  for (const Node& node : made->graph.nodes) {
    if (node.op != Op::kMaxPool2D && node.op != Op::kAveragePool2D) continue;
    EXPECT_EQ(TensorOf(made->graph, node.inputs[0]).quant.scales,
              TensorOf(made->graph, node.outputs[0]).quant.scales);
  }
  for (const Node& node : made->graph.nodes) {
    if (node.op != Op::kConv2D) continue;
    EXPECT_EQ(TensorOf(made->graph, node.inputs[1]).quant.scales.size(), 8U);
    for (int32_t zero : TensorOf(made->graph, node.inputs[1]).quant.zero_points) {
      EXPECT_EQ(zero, 0);
    }
  }
}

// One channel's weights are all but zero and its bias is large: the bias must not leave 32 bits.
TEST(Quantise, ALargeBiasOverTinyWeightsKeepsItsValue) {
  SmallFloat net(5);
  const int in = net.Input({1, 2, 2, 2});
  const int w = net.Constant({2, 1, 1, 2}, {1e-12F, -1e-12F, 0.5F, 0.25F});
  const int b = net.Constant({2}, {100.0F, 0.1F});
  Window window;
  net.graph().outputs = {net.Add(Op::kConv2D, {in, w, b}, {1, 2, 2, 2}, window)};
  DiagText diag;
  const auto made = Made(net, net.RandomSamples(6), diag);
  ASSERT_TRUE(made.ok()) << diag.Text();
  const auto got = RunInt8s(made->graph, net.RandomSamples(1), {}, diag);
  ASSERT_TRUE(got.ok()) << diag.Text();
  EXPECT_NEAR((*got)[0], 100.0, 0.5);
}

// A dead filter makes a channel of zeros, whatever its scale.
TEST(Quantise, TakesFiltersAndInputsThatAreAllZero) {
  SmallFloat net(5);
  const int in = net.Input({1, 2, 2, 2});
  const int w = net.Constant({2, 1, 1, 2}, {0, 0, 0, 0});
  Window window;
  net.graph().outputs = {net.Add(Op::kConv2D, {in, w}, {1, 2, 2, 2}, window)};
  DiagText diag;
  const auto made = Made(net, {.count = 1, .inputs = {std::vector<float>(8, 0.0F)}}, diag);
  ASSERT_TRUE(made.ok()) << diag.Text();
  EXPECT_FALSE(made->disjoint);
  const auto got = RunInt8s(made->graph, net.RandomSamples(1), {}, diag);
  ASSERT_TRUE(got.ok()) << diag.Text();
  for (float x : *got) EXPECT_EQ(x, 0);
}

TEST(Quantise, ChoosesTheMethodWithTheLeastError) {
  SmallFloat net = EveryFloat(6);
  DiagText diag;
  const auto made = Made(net, net.RandomSamples(30), diag);
  ASSERT_TRUE(made.ok()) << diag.Text();
  double best = -1000, taken = -1000;
  for (const Candidate& candidate : made->candidates) {
    best = std::max(best, candidate.sqnr_db);
    if (candidate.taken) taken = candidate.sqnr_db;
  }
  EXPECT_EQ(taken, best);
  EXPECT_EQ(made->sqnr_db, best);
}

// Weights that round to one side by almost half a step each shift every output.
TEST(Quantise, BiasCorrectionTakesBackAShiftOfTheMean) {
  SmallFloat net(1);
  const int in = net.Input({1, 4, 4, 16});
  std::vector<float> w(16, 0.4999F * 2 / 127);
  w[0] = 2.0F;
  Window window;
  net.graph().outputs = {
      net.Add(Op::kConv2D, {in, net.Constant({1, 1, 1, 16}, w)}, {1, 4, 4, 1}, window)};
  Samples samples = net.RandomSamples(30);
  for (float& x : samples.inputs[0]) x = 1.0F + 0.1F * x;
  DiagText diag;
  const auto off =
      Made(net, samples, diag, {.method = RangeMethod::kMinMax, .correct_bias = Choice::kOff});
  const auto on =
      Made(net, samples, diag, {.method = RangeMethod::kMinMax, .correct_bias = Choice::kAuto});
  ASSERT_TRUE(off.ok() && on.ok()) << diag.Text();
  EXPECT_TRUE(on->bias_corrected);
  EXPECT_GT(on->sqnr_db, off->sqnr_db + 10);
}

// As TFLite's dynamic-range files have them: int8 weights under float activations.
TEST(Quantise, TakesInt8WeightsOfAFloatNetworkForTheirRealValues) {
  SmallFloat net = EveryFloat(7);
  SmallFloat stored = EveryFloat(7);
  const int weights = net.graph().nodes[0].inputs[1];
  const Tensor int8 = QuantiseWeights(TensorOf(net.graph(), weights), 0, {});
  std::vector<float> reals;
  for (size_t i = 0; i < int8.data->size(); ++i) {
    reals.push_back(int8.quant.scales[AxisWalk(int8.dims, 0).channel(i)] *
                    static_cast<float>(static_cast<int8_t>((*int8.data)[i])));
  }
  TensorOf(stored.graph(), weights) = int8;
  SetNumbers(TensorOf(net.graph(), weights), reals);
  DiagText diag;
  const Samples samples = net.RandomSamples(3);
  const auto want = RunFloats(net.graph(), samples, {}, diag);
  const auto got = RunFloats(stored.graph(), samples, {}, diag);
  ASSERT_TRUE(want.ok() && got.ok()) << diag.Text();
  EXPECT_EQ(*want, *got);
}

// Hostile inputs.

TEST(Quantise, RefusesWeightsThatAreNotFinite) {
  for (float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    SmallFloat net = EveryFloat(3);
    const int weights = net.graph().nodes[1].inputs[1];
    std::vector<float> numbers = NumbersOf(TensorOf(net.graph(), weights));
    numbers[7] = bad;
    SetNumbers(TensorOf(net.graph(), weights), numbers);
    DiagText diag;
    const auto made = Made(net, net.RandomSamples(6), diag);
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.status().code(), Code::kInvalidArgument);
    EXPECT_NE(diag.Text().find("element 7"), std::string::npos) << diag.Text();
  }
}

TEST(Quantise, RefusesSamplesThatAreNotFinite) {
  SmallFloat net = EveryFloat(3);
  Samples samples = net.RandomSamples(6);
  samples.inputs[0][2 * 192 + 5] = std::numeric_limits<float>::quiet_NaN();
  DiagText diag;
  const auto made = Made(net, samples, diag);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), Code::kInvalidArgument);
  EXPECT_NE(diag.Text().find("number 5 of sample 2"), std::string::npos) << diag.Text();
}

TEST(Quantise, RefusesNoSamplesAndWrongSizes) {
  SmallFloat net = EveryFloat(3);
  DiagText none, size, inputs;
  EXPECT_EQ(Made(net, {.count = 0, .inputs = {{}}}, none).status().code(), Code::kInvalidArgument);
  EXPECT_NE(none.Text().find("at least one"), std::string::npos);
  EXPECT_EQ(Made(net, {.count = 2, .inputs = {std::vector<float>(100)}}, size).status().code(),
            Code::kInvalidArgument);
  EXPECT_NE(size.Text().find("2 times 192"), std::string::npos) << size.Text();
  EXPECT_EQ(Made(net, {.count = 1, .inputs = {}}, inputs).status().code(), Code::kInvalidArgument);
}

TEST(Quantise, RefusesValuesThatOverflowOnTheWay) {
  SmallFloat net(3);
  int x = net.Input({1, 2, 2, 1});
  Window window;
  for (int i = 0; i < 6; ++i) {
    x = net.Add(Op::kConv2D, {x, net.Constant({1, 1, 1, 1}, {1e8F})}, {1, 2, 2, 1}, window);
  }
  net.graph().outputs = {x};
  DiagText diag;
  const auto made = Made(net, net.RandomSamples(6), diag);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), Code::kInvalidArgument);
  EXPECT_NE(diag.Text().find("calibration sample"), std::string::npos) << diag.Text();
}

TEST(Quantise, RefusesANetworkThatIsInt8Already) {
  SmallNetwork net(4);
  net.graph().outputs = {net.Conv(net.Input({1, 4, 4, 2}), {.outputs = 3})};
  DiagText diag;
  const auto made =
      Quantise(net.graph(), {.count = 1, .inputs = {std::vector<float>(32)}}, {}, diag);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), Code::kUnimplemented);
  EXPECT_NE(diag.Text().find("already"), std::string::npos) << diag.Text();
}

TEST(Evaluate, StatesIntervals) {
  const Proportion p = ProportionOf(90, 100);  // Wilson's interval, by the published formula
  EXPECT_NEAR(p.low, 0.8256, 1e-3);
  EXPECT_NEAR(p.high, 0.9448, 1e-3);
  const std::vector<int> labels{0, 0, 1, 1};
  const std::vector<float> right{1, 0, 1, 0, 0, 1, 0, 1}, worse{1, 0, 0, 1, 0, 1, 0, 1};
  EXPECT_EQ(Correct(right, labels), 4U);
  EXPECT_DOUBLE_EQ(PairedDifference(right, worse, labels).value, -0.25);
  EXPECT_DOUBLE_EQ(PairedDifference(right, right, labels).high, 0);
}

}  // namespace
}  // namespace covey::compiler
