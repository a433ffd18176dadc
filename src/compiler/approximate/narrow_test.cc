#include "compiler/approximate/narrow.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compiler/approximate/explorer.hpp"
#include "compiler/approximate/small_data.hpp"
#include "compiler/narrow_weights.hpp"
#include "compiler/passes/small_network.hpp"
#include "compiler/pipeline.hpp"
#include "core/host/diag_text.hpp"
#include "wire/image/reader.hpp"

namespace covey::compiler {
namespace {

// A 3x3 convolution, one of 1x1, and what is fully connected; all but the last are worth four bits.
Graph Network(uint32_t seed) {
  SmallNetwork net(seed);
  int x = net.Input({1, 8, 8, 8});
  x = net.Conv(x, {.outputs = 16, .size = 3});
  x = net.Conv(x, {.outputs = 16, .size = 1});
  x = net.Conv(x, {.outputs = 6, .size = 1});
  net.graph().outputs = {x};
  Tame(net.graph(), seed);
  return net.graph();
}

struct Narrowed {
  Graph exact, made;
  std::vector<bool> which;
  ByteSamples samples;
};

Narrowed NarrowedBy(double part, DiagText& diag) {
  Narrowed narrowed;
  narrowed.exact = Network(3);
  narrowed.samples = SmoothSamples(narrowed.exact, 60, 1);
  Result<Study> study = Study::Make(narrowed.exact, narrowed.samples, {.windows = 2000}, diag);
  EXPECT_TRUE(study.ok()) << diag.Text();
  narrowed.which = NarrowFor(*study, NarrowErrors(*study), part);
  Result<Graph> made = NarrowLayers(narrowed.exact, narrowed.which,
                                    study->PatternsFor(study->None()), narrowed.samples, diag);
  EXPECT_TRUE(made.ok()) << diag.Text();
  narrowed.made = *std::move(made);
  return narrowed;
}

double MeanSquare(const Graph& a, const Graph& b, const ByteSamples& samples, DiagText& diag) {
  const Result<Answers> one = AnswersOf(a, samples, nullptr, diag);
  const Result<Answers> two = AnswersOf(b, samples, nullptr, diag);
  double sum = 0;
  for (size_t i = 0; i < one->outputs.size(); ++i) {
    const double off = double{one->outputs[i]} - double{two->outputs[i]};
    sum += off * off;
  }
  return std::sqrt(sum / static_cast<double>(one->outputs.size()));
}

size_t BytesOf(const Graph& graph, DiagText& diag) {
  const Result<std::vector<std::byte>> image = Compile(graph, diag);
  EXPECT_TRUE(image.ok()) << diag.Text();
  return image->size();
}

// Int4 tensors of an image.
size_t NarrowTensors(std::span<const std::byte> image, DiagText& diag) {
  const auto view = wire::ImageView::Read(image, diag);
  EXPECT_TRUE(view.ok()) << diag.Text();
  size_t count = 0;
  for (uint32_t i = 0; i < view->tensor_count(); ++i)
    count += view->tensor(static_cast<uint16_t>(i)).dtype == static_cast<uint8_t>(DType::kInt4);
  return count;
}

TEST(Narrow, KeepsWeightsWithinFourBitsAndAnswersClose) {
  DiagText diag;
  const Narrowed narrowed = NarrowedBy(1, diag);
  EXPECT_EQ(narrowed.which, (std::vector<bool>{true, true, false}));  // 96 weights are too few
  const std::vector<Layer> layers = LayersOf(narrowed.made), exact = LayersOf(narrowed.exact);
  for (size_t l = 0; l < 2; ++l) {
    EXPECT_EQ(layers[l].most, kMostNarrow);
    for (const int8_t w : layers[l].weights) EXPECT_LE(std::abs(w), kMostNarrow);
    // A weight stands for as much as before, to half a unit and what other weights make up for.
    double off = 0, size = 0;
    for (int32_t r = 0; r < layers[l].rows; ++r) {
      const double unit =
          layers[l].step[static_cast<size_t>(r)] / exact[l].step[static_cast<size_t>(r)];
      EXPECT_GT(unit, 1);
      for (size_t i = 0; i < layers[l].row(r).size(); ++i) {
        off += std::abs(unit * layers[l].row(r)[i] - exact[l].row(r)[i]);
        size += std::abs(exact[l].row(r)[i]);
      }
    }
    EXPECT_LT(off, 0.3 * size);
  }
  Graph none = narrowed.exact;  // the same layers without any weights
  for (Layer layer : exact) {
    if (layer.node > 1) continue;
    std::fill(layer.weights.begin(), layer.weights.end(), int8_t{0});
    SetLayer(none, layer);
  }
  const double lost = MeanSquare(narrowed.exact, narrowed.made, narrowed.samples, diag);
  EXPECT_LT(lost, 0.2 * MeanSquare(narrowed.exact, none, narrowed.samples, diag));
}

TEST(Narrow, TakesTheLayersThatItIsAskedFor) {
  DiagText diag;
  const Narrowed some = NarrowedBy(0.1, diag);
  EXPECT_EQ(std::count(some.which.begin(), some.which.end(), true), 1);
  const Narrowed nothing = NarrowedBy(0, diag);
  EXPECT_EQ(std::count(nothing.which.begin(), nothing.which.end(), true), 0);
  EXPECT_EQ(BytesOf(nothing.made, diag), BytesOf(nothing.exact, diag));
}

TEST(Narrow, HalvesTheBytesOfWeightsAndGivesTheSameForEveryTarget) {
  DiagText diag;
  const Narrowed narrowed = NarrowedBy(1, diag);
  const size_t saved = (16 * 72 + 16 * 16) / 2;
  const size_t before = BytesOf(narrowed.exact, diag), after = BytesOf(narrowed.made, diag);
  EXPECT_NEAR(static_cast<double>(before - after), static_cast<double>(saved), 32);
  for (const Target target : {Target::kAny, Target::kCortexM, Target::kMve, Target::kRv32}) {
    const Result<std::vector<std::byte>> image = Compile(narrowed.made, diag, {.target = target});
    ASSERT_TRUE(image.ok()) << diag.Text();
    struct alignas(16) Chunk {
      std::byte bytes[16];
    };
    std::vector<Chunk> aligned((image->size() + 15) / 16);
    std::memcpy(aligned.data(), image->data(), image->size());
    const std::span bytes(aligned[0].bytes, image->size());
    EXPECT_EQ(NarrowTensors(bytes, diag), 2U);
    const auto& header = *reinterpret_cast<const wire::ImageHeader*>(bytes.data());
    EXPECT_EQ(header.minor, 2);
  }
}

TEST(Narrow, StaysNarrowWhenALayerIsRefitted) {
  DiagText diag;
  const Narrowed narrowed = NarrowedBy(1, diag);
  Result<Study> study = Study::Make(narrowed.made, narrowed.samples, {.windows = 2000}, diag);
  ASSERT_TRUE(study.ok()) << diag.Text();
  Removal removal = study->FormsByPrice(1e9);
  for (FormRemoval& form : removal.forms)
    for (size_t& count : form.counts) count = std::min<size_t>(count, 2);
  const Result<Graph> made = study->Apply(removal, diag);
  ASSERT_TRUE(made.ok()) << diag.Text();
  for (const Layer& layer : LayersOf(*made)) {
    EXPECT_EQ(layer.most, layer.weights.size() >= kLeastNarrow ? kMostNarrow : 127);
  }
}

TEST(Narrow, IsAKnobOfTheExploration) {
  DiagText diag;
  const Graph graph = Network(7);
  auto explorer =
      Explorer::Make(graph, {SmoothSamples(graph, 60, 1), SmoothSamples(graph, 90, 2), {}},
                     {.compile = {.target = Target::kCortexM}, .tune = {.visits = 0}}, diag);
  ASSERT_TRUE(explorer.ok()) << diag.Text();
  Recipe recipe;
  recipe.policy = Policy::kOurs, recipe.int4 = 1, recipe.compact = true;
  EXPECT_EQ(recipe.Text(), "ours channels 0.000 forms 0.000 int4 1.00 compact");
  const Result<Tried> tried = explorer->Try(recipe, diag);
  ASSERT_TRUE(tried.ok()) << diag.Text();
  Recipe exact;
  exact.compact = true;
  const Result<Tried> plain = explorer->Try(exact, diag);
  ASSERT_TRUE(plain.ok()) << diag.Text();
  EXPECT_LT(tried->point.image_bytes, plain->point.image_bytes - 500);
  EXPECT_NE(tried->point.layers[0].form.find("int4"), std::string::npos);
  EXPECT_EQ(tried->point.layers[2].form.find("int4"), std::string::npos);
}

// Less flash than the exact network's weights take.
TEST(Narrow, FitsAFlashThatTheExactNetworkBreaks) {
  DiagText diag;
  const Graph graph = Network(7);
  const auto flash = static_cast<int64_t>(BytesOf(graph, diag)) - 200;
  auto explorer = Explorer::Make(
      graph, {SmoothSamples(graph, 60, 1), SmoothSamples(graph, 90, 2), {}},
      {.compile = {.target = Target::kCortexM, .flash_bytes = flash}, .tune = {.visits = 0}}, diag);
  ASSERT_TRUE(explorer.ok()) << diag.Text();
  const Result<Found> found = FindBest(*explorer, 1, diag);
  ASSERT_TRUE(found.ok()) << diag.Text();
  EXPECT_LE(found->best.point.image_bytes, flash);
  EXPECT_TRUE(
      Compile(found->best.graph, diag, {.target = Target::kCortexM, .flash_bytes = flash}).ok())
      << diag.Text();
}

}  // namespace
}  // namespace covey::compiler
