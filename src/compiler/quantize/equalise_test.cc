#include "compiler/quantize/equalise.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compiler/quantize/evaluate.hpp"
#include "compiler/quantize/quantise.hpp"
#include "compiler/quantize/small_float.hpp"
#include "core/host/diag_text.hpp"

namespace covey::compiler {
namespace {

Calibration Seen(const Graph& graph, const Samples& samples) {
  DiagText diag;
  const auto network = FloatNetwork::Prepare(graph, diag);
  EXPECT_TRUE(network.ok()) << diag.Text();
  auto seen = Calibrate(*network, samples, {}, diag);
  EXPECT_TRUE(seen.ok()) << diag.Text();
  return *std::move(seen);
}

// Output channel c of the node is made `factor(c)` times larger.
template <typename F>
void Skew(Graph& graph, size_t node, F factor) {
  const Node& n = graph.nodes[node];
  for (size_t k : {size_t{1}, size_t{2}}) {
    Tensor& tensor = TensorOf(graph, n.inputs[k]);
    std::vector<float> numbers = NumbersOf(tensor);
    const AxisWalk walk(tensor.dims, k == 1 && n.op == Op::kDepthwiseConv2D ? 3 : 0);
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] *= factor(walk.channel(i));
    SetNumbers(tensor, numbers);
  }
}

float Powers(size_t c) { return std::pow(3.0F, static_cast<float>(c) - 3); }

// conv -> depthwise -> conv, some channels a thousand times larger than others.
SmallFloat Uneven(uint32_t seed, Activation activation) {
  SmallFloat net(seed);
  int x = net.Conv(net.Input({1, 6, 6, 3}), {.outputs = 8, .size = 3, .activation = activation});
  x = net.Conv(x, {.size = 3, .multiplier = 1, .activation = activation});
  x = net.Conv(x, {.outputs = 4, .size = 1});
  net.graph().outputs = {x};
  Skew(net.graph(), 0, Powers);
  Skew(net.graph(), 1, [](size_t c) { return Powers(7 - c); });
  return net;
}

TEST(Equalise, TheFloatNetworkStaysTheSame) {
  SmallFloat net = Uneven(2, Activation::kRelu);
  const Samples samples = net.RandomSamples(4);
  DiagText diag;
  const auto before = RunFloats(net.graph(), samples, {}, diag);
  const Equalised done = Equalise(net.graph(), Seen(net.graph(), samples));
  EXPECT_EQ(done.pairs, 2);
  const auto after = RunFloats(net.graph(), samples, {}, diag);
  ASSERT_TRUE(before.ok() && after.ok()) << diag.Text();
  const float most = *std::max_element(before->begin(), before->end());
  for (size_t i = 0; i < before->size(); ++i) {
    EXPECT_NEAR((*before)[i], (*after)[i], 1e-5F * most);
  }
}

TEST(Equalise, ChannelsBeforeADepthwiseLayerSpanTheSame) {
  SmallFloat net = Uneven(2, Activation::kRelu);
  const Samples samples = net.RandomSamples(4);
  (void)Equalise(net.graph(), Seen(net.graph(), samples));
  const Calibration seen = Seen(net.graph(), samples);
  const auto& most = seen.channel_most[static_cast<size_t>(net.graph().nodes[0].outputs[0])];
  const auto [least, largest] = std::minmax_element(most.begin(), most.end());
  EXPECT_LT(*largest / *least, 64.0F);  // 2187 before, and 64 at most is taken out
}

// relu6 clips each channel at its own 6: scaling would move where.
TEST(Equalise, LeavesWhatIsClippedAndCountsIt) {
  SmallFloat net = Uneven(2, Activation::kRelu6);
  const Samples samples = net.RandomSamples(4);
  const Equalised done = Equalise(net.graph(), Seen(net.graph(), samples));
  EXPECT_EQ(done.pairs, 0);
  EXPECT_EQ(done.clipped, 2);
}

TEST(Equalise, LeavesATensorThatSomebodyElseReads) {
  SmallFloat net = Uneven(2, Activation::kRelu);
  net.graph().outputs.push_back(net.graph().nodes[0].outputs[0]);
  const Samples samples = net.RandomSamples(4);
  EXPECT_EQ(Equalise(net.graph(), Seen(net.graph(), samples)).pairs, 1);
}

TEST(Equalise, MakesUnevenNetworksMuchMoreExact) {
  SmallFloat net = Uneven(5, Activation::kRelu);
  const Samples samples = net.RandomSamples(30);
  DiagText diag;
  const auto off = Quantise(net.graph(), samples, {.equalise = Choice::kOff}, diag);
  const auto on = Quantise(net.graph(), samples, {}, diag);
  ASSERT_TRUE(off.ok() && on.ok()) << diag.Text();
  EXPECT_TRUE(on->equalised);
  EXPECT_GT(on->sqnr_db, off->sqnr_db + 3);
}

}  // namespace
}  // namespace covey::compiler
