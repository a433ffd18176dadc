#include "compiler/dynamic/dynamic.hpp"

#include <gtest/gtest.h>

#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"
#include "kernels/weight_blocks.hpp"

namespace covey::compiler {
namespace {

const CompileOptions kCortexM{.target = Target::kCortexM};

// Fully connected layers one behind the other, of weights that have pairs.
Graph Chain(SmallNetwork& net, const std::vector<int32_t>& sizes) {
  int x = net.Input({1, sizes[0]});
  for (size_t i = 1; i < sizes.size(); ++i) {
    x = net.FullyConnected(x, sizes[i - 1], sizes[i], true);
    std::vector<int8_t> weights(static_cast<size_t>(sizes[i - 1]) * static_cast<size_t>(sizes[i]));
    for (int8_t& weight : weights) weight = static_cast<int8_t>(net.Upto(254) - 127);
    net.Set(net.graph().nodes.back().inputs[1], weights);
  }
  net.graph().outputs = {x};
  return net.graph();
}

// Samples of input 0 that hold zeros but in `of` of each sixteen places.
ByteSamples SamplesOf(const Graph& graph, size_t count, size_t of) {
  const Tensor& input = graph.tensors[static_cast<size_t>(graph.inputs[0])];
  const auto zero = static_cast<std::byte>(input.quant.zero_points[0]);
  ByteSamples samples{.count = count, .inputs = {{}}};
  for (size_t i = 0; i < count * input.bytes(); ++i)
    samples.inputs[0].push_back(i % 16 < of ? zero ^ std::byte{5} : zero);
  return samples;
}

TEST(Dynamic, TakesALayerWhoseInputsAreZeroAndNoOther) {
  SmallNetwork net(1);
  const Graph graph = Chain(net, {256, 64});
  DiagText diag;
  const auto none = WorthPassingOver(graph, SamplesOf(graph, 3, 16), kCortexM, diag);
  const auto most = WorthPassingOver(graph, SamplesOf(graph, 3, 4), kCortexM, diag);
  ASSERT_TRUE(none.ok() && most.ok()) << diag.Text();
  ASSERT_EQ(none->trials.size(), 1U);
  EXPECT_TRUE(none->layers.empty());
  EXPECT_EQ(none->trials[0].kept, 1);
  EXPECT_EQ(none->trials[0].after, none->trials[0].worst);
  ASSERT_EQ(most->layers.size(), 1U);
  EXPECT_EQ(most->trials[0].kept, 0.25);
  EXPECT_EQ(most->trials[0].least, most->trials[0].most);
  EXPECT_LT(most->trials[0].after, most->trials[0].before / 2);
}

TEST(Dynamic, IsForCortexMAlone) {
  SmallNetwork net(1);
  const Graph graph = Chain(net, {64, 16});
  DiagText diag;
  for (const Target target : {Target::kAny, Target::kMve, Target::kRv32}) {
    const auto choice = AllPassingOver(graph, {.target = target}, diag);
    ASSERT_TRUE(choice.ok());
    EXPECT_TRUE(choice->trials.empty());
  }
}

TEST(Dynamic, RefusesSamplesOfAnotherNetwork) {
  SmallNetwork net(1);
  const Graph graph = Chain(net, {64, 16});
  ByteSamples samples = SamplesOf(graph, 2, 4);
  samples.inputs[0].pop_back();
  DiagText diag;
  EXPECT_FALSE(WorthPassingOver(graph, samples, kCortexM, diag).ok());
  EXPECT_NE(diag.Text().find("127 bytes, expected 2 times 64"), std::string::npos) << diag.Text();
}

TEST(Dynamic, NetworksGiveTheSameBytesWithAndWithout) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    SmallNetwork net(seed);
    std::vector<int32_t> sizes = {4 * (1 + net.Upto(40))};
    for (int i = 0; i < 3; ++i) sizes.push_back(8 + net.Upto(40));
    const Graph graph = Chain(net, sizes);
    DiagText diag;
    const auto all = AllPassingOver(graph, kCortexM, diag);
    ASSERT_TRUE(all.ok()) << diag.Text();
    ASSERT_GE(all->layers.size(), 1U);
    Compiled plain(graph, kCortexM),
        passing(graph, {.target = Target::kCortexM, .by_inputs = all->layers});
    ASSERT_TRUE(plain.ok() && passing.ok());
    for (uint32_t i = 0; i < 4; ++i) {
      const auto next = [state = std::minstd_rand(i + 1)]() mutable { return state() >> 8; };
      EXPECT_EQ(plain.Run(next), passing.Run(next)) << seed;
    }
  }
}

// Lists take RAM: where the limit does not hold them, layers keep the loops that need none.
TEST(Dynamic, LayersKeepTheirLoopsWhereListsDoNotFit) {
  SmallNetwork net(1);
  const Graph graph = Chain(net, {512, 64, 64});
  DiagText diag;
  const auto all = AllPassingOver(graph, kCortexM, diag);
  ASSERT_TRUE(all.ok());
  ASSERT_EQ(all->layers.size(), 2U);
  const auto orders = [&](std::optional<int64_t> ram) {
    CompileOptions options = kCortexM;
    options.by_inputs = all->layers, options.ram_bytes = ram;
    const auto contents = Emit(graph, options, diag);
    EXPECT_TRUE(contents.ok()) << diag.Text();
    std::vector<int32_t> found;
    for (const wire::ImageOp& op : contents->ops)
      found.push_back(reinterpret_cast<const ConvAttr*>(op.attr.data())->weights_order);
    return found;
  };
  EXPECT_EQ(orders({}), (std::vector<int32_t>{kernels::kWeightPairs, kernels::kWeightPairs}));
  EXPECT_EQ(orders(1024),
            (std::vector<int32_t>{kernels::kWeightBlocks,
                                  kernels::kWeightPairs}));  // the first list has 2,048 bytes
}

}  // namespace
}  // namespace covey::compiler
