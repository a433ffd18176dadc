#include "compiler/quantize/float_network.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "compiler/quantize/calibrate.hpp"
#include "compiler/quantize/float_passes.hpp"
#include "compiler/quantize/small_float.hpp"
#include "core/host/diag_text.hpp"

namespace covey::compiler {
namespace {

std::vector<float> Outputs(const Graph& graph, const Samples& samples) {
  DiagText diag;
  const auto network = FloatNetwork::Prepare(graph, diag);
  EXPECT_TRUE(network.ok()) << diag.Text();
  if (!network.ok()) return {};
  return RunReference(*network, samples, {}).outputs[0];
}

// The definition of a convolution, output by output, in double precision.
double PlainConv(SmallFloat& net, const Node& node, const std::vector<float>& x, int y0, int x0,
                 int o) {
  const auto window = std::get<Window>(node.attributes);
  const auto& in = net.Dims(node.inputs[0]);
  const auto& f = net.Dims(node.inputs[1]);
  const auto& out = net.Dims(node.outputs[0]);
  const std::vector<float> w = NumbersOf(TensorOf(net.graph(), node.inputs[1]));
  double sum = NumbersOf(TensorOf(net.graph(), node.inputs[2]))[static_cast<size_t>(o)];
  const bool depthwise = node.op == Op::kDepthwiseConv2D;
  const int total = std::max(0, (out[1] - 1) * window.stride_h + f[1] - in[1]);
  for (int i = 0; i < f[1]; ++i) {
    for (int j = 0; j < f[2]; ++j) {
      const int row = y0 * window.stride_h + i - total / 2;
      const int column = x0 * window.stride_w + j - total / 2;
      if (row < 0 || row >= in[1] || column < 0 || column >= in[2]) continue;
      for (int k = 0; k < (depthwise ? 1 : f[3]); ++k) {
        const int channel =
            depthwise ? o / window.depth_multiplier : k + o / (out[3] / window.groups) * f[3];
        const int weight =
            depthwise ? (i * f[2] + j) * f[3] + o : ((o * f[1] + i) * f[2] + j) * f[3] + k;
        sum += double{x[static_cast<size_t>((row * in[2] + column) * in[3] + channel)]} *
               double{w[static_cast<size_t>(weight)]};
      }
    }
  }
  return sum;
}

TEST(FloatNetwork, ConvolutionsAreTheirDefinition) {
  uint32_t seed = 1;
  for (const ConvShape& shape :
       {ConvShape{.outputs = 6, .size = 3}, ConvShape{.outputs = 4, .size = 3, .stride = 2},
        ConvShape{.outputs = 6, .size = 1, .groups = 2}, ConvShape{.size = 3, .multiplier = 1},
        ConvShape{.size = 3, .stride = 2, .multiplier = 2}}) {
    SmallFloat net(++seed);
    const int y = net.Conv(net.Input({1, 7, 7, 4}), shape);
    net.graph().outputs = {y};
    const Samples samples = net.RandomSamples(1);
    const std::vector<float> got = Outputs(net.graph(), samples);
    const std::vector<int32_t> dims = net.Dims(y);
    ASSERT_EQ(got.size(), static_cast<size_t>(dims[1] * dims[2] * dims[3]));
    for (size_t i = 0; i < got.size(); ++i) {
      const int o = static_cast<int>(i) % dims[3], at = static_cast<int>(i) / dims[3];
      EXPECT_NEAR(
          got[i],
          PlainConv(net, net.graph().nodes[0], samples.inputs[0], at / dims[2], at % dims[2], o),
          1e-4);
    }
  }
}

TEST(FloatNetwork, SimpleOpsGiveKnownAnswers) {
  SmallFloat net(1);
  const int in = net.Input({1, 2, 2, 1});
  const int relu = net.Add(Op::kRelu, {in}, {1, 2, 2, 1}, {}, Activation::kRelu6);
  const int sum = net.Add(Op::kAdd, {relu, net.Constant({1}, {0.5F})}, {1, 2, 2, 1});
  const int turned = net.Add(Op::kTranspose, {sum}, {1, 2, 2, 1}, Permutation{{0, 2, 1, 3}});
  const int padded = net.Add(Op::kPad, {turned}, {1, 3, 2, 1},
                             Pads{.before = {0, 1, 0, 0}, .after = {0, 0, 0, 0}});
  const int mean = net.Add(Op::kMean, {padded}, {1, 3, 1}, Reduce{.axes = {2}, .keep_dims = false});
  net.graph().outputs = {mean};
  const std::vector<float> got =
      Outputs(net.graph(), {.count = 1, .inputs = {{-1.0F, 2.0F, 9.0F, 4.0F}}});
  EXPECT_EQ(got, (std::vector<float>{0.0F, (0.5F + 6.5F) / 2, (2.5F + 4.5F) / 2}));
}

TEST(FloatNetwork, MovesAndPairsGiveKnownAnswers) {
  SmallFloat net(1);
  const int in = net.Input({1, 2, 2, 1});
  const int turned = net.Add(Op::kSlice, {in}, {1, 2, 1, 1},
                             Slice{.begin = {0, 1, 0, 0}, .stride = {1, -1, 1, 1}});
  const int both = net.Add(Op::kConcat, {in, turned}, {1, 2, 3, 1}, Concat{.axis = 2});
  const int more = net.Add(Op::kResizeNearest, {both}, {1, 4, 3, 1}, Resize{});
  const int product = net.Add(Op::kMul, {more, net.Constant({1}, {2})}, {1, 4, 3, 1});
  const int least = net.Add(Op::kMaximum, {product, net.Constant({1}, {3})}, {1, 4, 3, 1});
  net.graph().outputs = {least};
  EXPECT_EQ(Outputs(net.graph(), {.count = 1, .inputs = {{1, 2, 3, 4}}}),
            (std::vector<float>{3, 4, 6, 3, 4, 6, 6, 8, 3, 6, 8, 3}));
}

TEST(FloatNetwork, SoftmaxSumsToOneAndKeepsTheOrder) {
  SmallFloat net(1);
  net.graph().outputs = {net.Add(Op::kSoftmax, {net.Input({1, 3})}, {1, 3}, SoftmaxBeta{})};
  const std::vector<float> got = Outputs(net.graph(), {.count = 1, .inputs = {{0, 1, 1000}}});
  EXPECT_FLOAT_EQ(got[2], 1.0F);
  EXPECT_FLOAT_EQ(got[0] + got[1] + got[2], 1.0F);
}

TEST(FloatNetwork, SamplesDoNotTouchEachOther) {
  SmallFloat net = EveryFloat(4);
  const Samples all = net.RandomSamples(7);
  const std::vector<float> together = Outputs(net.graph(), all);
  for (size_t s = 0; s < all.count; ++s) {
    const std::vector<float> alone = Outputs(net.graph(), Pick(all, {s}));
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(),
                           together.begin() + static_cast<std::ptrdiff_t>(s * alone.size())));
  }
}

TEST(FloatNetwork, RefusesShapesThatContradictEachOther) {
  SmallFloat net = EveryFloat(4);
  for (Tensor& tensor : net.graph().tensors) {
    if (tensor.dims == std::vector<int32_t>{1, 4, 4, 8}) tensor.dims = {1, 40, 40, 8};
  }
  DiagText diag;
  const auto network = FloatNetwork::Prepare(net.graph(), diag);
  ASSERT_FALSE(network.ok());
  EXPECT_EQ(network.status().code(), Code::kInvalidArgument);
  EXPECT_NE(diag.Text().find("max_pool2d"), std::string::npos) << diag.Text();
}

TEST(FloatNetwork, RefusesAnOpByName) {
  SmallFloat net = EveryFloat(4);
  net.graph().nodes[2].op = Op::kNone;
  net.graph().nodes[2].source_op = "GridSample";
  DiagText diag;
  const auto network = FloatNetwork::Prepare(net.graph(), diag);
  ASSERT_FALSE(network.ok());
  EXPECT_EQ(network.status().code(), Code::kUnimplemented);
  EXPECT_NE(diag.Text().find("GridSample"), std::string::npos) << diag.Text();
}

TEST(FloatPasses, ABatchNormalisationGoesIntoTheConvolutionBeforeIt) {
  SmallFloat net(9);
  const int conv = net.Conv(net.Input({1, 6, 6, 3}), {.outputs = 4, .size = 3, .bias = false});
  Window window;
  window.groups = 4;
  const int norm =
      net.Add(Op::kDepthwiseConv2D, {conv, net.Random({1, 1, 1, 4}, 2), net.Random({4}, 1)},
              net.Dims(conv), window);
  net.graph().outputs = {net.Add(Op::kRelu, {norm}, net.Dims(conv), {}, Activation::kRelu)};
  const Samples samples = net.RandomSamples(2);
  const std::vector<float> before = Outputs(net.graph(), samples);
  DiagText diag;
  ASSERT_TRUE(SimplifyFloat(net.graph(), diag).ok()) << diag.Text();
  ASSERT_EQ(net.graph().nodes.size(), 1U);
  EXPECT_EQ(net.graph().nodes[0].op, Op::kConv2D);
  EXPECT_EQ(net.graph().nodes[0].activation, Activation::kRelu);
  const std::vector<float> after = Outputs(net.graph(), samples);
  ASSERT_EQ(before.size(), after.size());
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(before[i], after[i], 1e-4);
}

}  // namespace
}  // namespace covey::compiler
