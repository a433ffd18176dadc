#include "compiler/approximate/unpack.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "compiler/approximate/small_data.hpp"
#include "compiler/passes/small_network.hpp"
#include "core/host/diag_text.hpp"
#include "kernels/skip_list.hpp"
#include "wire/image/reader.hpp"

namespace covey::compiler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct alignas(16) Chunk {
  std::byte bytes[16];
};

// Two convolutions and a depthwise one, which cannot be code.
Graph Network() {
  SmallNetwork net(3);
  int x = net.Input({1, 8, 8, 8});
  x = net.Conv(x, {.outputs = 16, .size = 3, .activation = Activation::kRelu});
  x = net.Conv(x, {.size = 3, .multiplier = 1});
  x = net.Conv(x, {.outputs = 16});
  net.graph().outputs = {x};
  Tame(net.graph(), 5);
  return net.graph();
}

// A chip on which a layer takes 1 ms as a loop and `as_code[layer]` as code, 1,000 bytes each.
OnChip Chip(std::vector<double> as_code, int* measured = nullptr) {
  return [=](std::span<const std::byte> image, Diag& diag) -> Result<ChipCost> {
    if (measured != nullptr) ++*measured;
    std::vector<Chunk> aligned(image.size() / sizeof(Chunk) + 1);
    std::memcpy(aligned.data(), image.data(), image.size());
    COVEY_TRY_ASSIGN(const wire::ImageView view,
                     wire::ImageView::Read({aligned[0].bytes, image.size()}, diag));
    ChipCost cost;
    for (uint32_t i = 0; i < view.op_count(); ++i) {
      const OpView op = view.ViewOp(i, nullptr);
      const bool code =
          op.op == Op::kConv2D && op.attr_as<ConvAttr>().weights_order == kernels::kWeightUnpacked;
      cost.layers.push_back({code ? as_code.at(i) : 1.0, 1.0});
      cost.milliseconds += cost.layers.back().milliseconds;
      cost.flash_bytes += code ? 1000 : 0;
    }
    return cost;
  };
}

std::vector<std::string> Chosen(const Graph& graph, const UnpackOptions& options) {
  DiagText diag;
  const auto choice = WorthUnpacking(graph, options, diag);
  EXPECT_TRUE(choice.ok()) << diag.Text();
  return choice.ok() ? choice->layers : std::vector<std::string>{"failed"};
}

TEST(WorthUnpacking, TakesTheLayersThatAreFasterAsCode) {
  const Graph graph = Network();
  const auto& nodes = graph.nodes;
  const CompileOptions m4{.target = Target::kCortexM};
  EXPECT_THAT(Chosen(graph, {m4, Chip({0.9, 0, 1.1})}), ElementsAre(nodes[0].name));
  EXPECT_THAT(Chosen(graph, {m4, Chip({0.9, 0, 0.5})}),
              testing::UnorderedElementsAre(nodes[0].name, nodes[2].name));
  EXPECT_THAT(Chosen(graph, {m4, Chip({1.9, 0, 1.1})}), IsEmpty());
}

TEST(WorthUnpacking, KeepsTheFlashLimitOfTheCode) {
  const Graph graph = Network();
  DiagText diag;
  const auto image = CompilePrepared(graph, diag, {.target = Target::kCortexM});
  ASSERT_TRUE(image.ok()) << diag.Text();
  // Room for the image and its code by estimate, but not for what the chip says both take.
  const CompileOptions how{.target = Target::kCortexM,
                           .flash_bytes = static_cast<int64_t>(image->size()) + 60'000};
  OnChip chip = Chip({0.9, 0, 0.5});
  const OnChip large = [&](std::span<const std::byte> bytes, Diag& found) -> Result<ChipCost> {
    COVEY_TRY_ASSIGN(ChipCost cost, chip(bytes, found));
    if (cost.flash_bytes > 1000) cost.flash_bytes = 1'000'000;
    return cost;
  };
  EXPECT_EQ(Chosen(graph, {how, large}).size(), 1U);
}

TEST(WorthUnpacking, GoesByEstimateWithoutAChip) {
  Graph graph = Network();
  const CompileOptions m4{.target = Target::kCortexM};
  DiagText diag;
  const auto choice = WorthUnpacking(graph, {m4}, diag);
  ASSERT_TRUE(choice.ok()) << diag.Text();
  EXPECT_EQ(choice->trials.size(), 2U);
  EXPECT_EQ(choice->before, 0);
  CompileOptions how = m4;
  how.unpacked = choice->layers;
  EXPECT_TRUE(CompilePrepared(graph, diag, how).ok()) << diag.Text();
}

TEST(WorthUnpacking, IsForCortexMAlone) {
  int measured = 0;
  const Graph graph = Network();
  for (const Target target : {Target::kAny, Target::kMve, Target::kRv32})
    EXPECT_THAT(Chosen(graph, {{.target = target}, Chip({0, 0, 0}, &measured)}), IsEmpty());
  EXPECT_EQ(measured, 0);
}

TEST(CompileUnpacked, RefusesLayersThatCannotBeCode) {
  const Graph graph = Network();
  const auto refused = [&](const std::string& layer, const CompileOptions& limits) {
    CompileOptions how = limits;
    how.unpacked = {layer};
    DiagText diag;
    const auto image = CompilePrepared(graph, diag, how);
    return std::pair(image.status().code(), diag.Text());
  };
  const CompileOptions m4{.target = Target::kCortexM};
  EXPECT_EQ(refused(graph.nodes[0].name, m4).first, Code::kOk);
  EXPECT_EQ(refused("nobody", m4).first, Code::kInvalidArgument);
  const auto [code, words] = refused(graph.nodes[1].name, m4);
  EXPECT_EQ(code, Code::kFailedPrecondition);
  EXPECT_THAT(words, testing::HasSubstr("depthwise_conv2d"));
  EXPECT_EQ(refused(graph.nodes[0].name, {.target = Target::kMve}).first,
            Code::kFailedPrecondition);
  DiagText diag;
  const auto plain = CompilePrepared(graph, diag, {});
  ASSERT_TRUE(plain.ok());
  const CompileOptions full{.target = Target::kCortexM,
                            .flash_bytes = static_cast<int64_t>(plain->size()) + 100};
  EXPECT_EQ(refused(graph.nodes[0].name, full).first, Code::kResourceExhausted);
}

}  // namespace
}  // namespace covey::compiler
