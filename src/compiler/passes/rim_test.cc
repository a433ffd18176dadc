// What a picture classifier takes once model.toml has said that it is one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compiler/compile.hpp"
#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"

namespace covey::compiler {
namespace {

// (1, 1, 2, 3) of floats -> mean over the pixels
Graph FloatPicture(bool normalise) {
  Graph graph;
  Tensor tensor;
  tensor.name = "picture";
  tensor.dtype = DType::kFloat32;
  tensor.dims = {1, 1, 2, 3};
  graph.inputs = {AddTensor(graph, tensor)};
  tensor.dims = {1, 3};
  graph.outputs = {AddTensor(graph, tensor)};
  Node node;
  node.op = Op::kMean;
  node.inputs = graph.inputs, node.outputs = graph.outputs;
  node.attributes = Reduce{.axes = {1, 2}};
  graph.nodes = {node};
  graph.preprocess.picture = true;
  graph.preprocess.channels = 3;
  graph.preprocess.normalise = normalise;
  if (normalise) {
    graph.preprocess.mean = {0.5F, 0.25F, 0};
    graph.preprocess.std = {0.5F, 1, 2};
  }
  return graph;
}

std::vector<float> MeansOf(bool normalise) {
  Compiled compiled(Passed(FloatPicture(normalise)));
  if (!compiled.ok()) return {};
  // Pixels (255, 102, 51) and (0, 0, 204), less 128.
  constexpr int kPixels[] = {127, -26, -77, -128, -128, 76};
  const auto bytes = compiled.Run([at = kPixels]() mutable { return *at++; });
  std::vector<float> means(bytes.size() / sizeof(float));
  std::memcpy(means.data(), bytes.data(), bytes.size());
  return means;
}

TEST(PictureRim, AFloatNetworkTakesPixels) {
  using testing::ElementsAre;
  using testing::FloatNear;
  EXPECT_THAT(MeansOf(false), ElementsAre(127.5F, 51.0F, 127.5F));
  EXPECT_THAT(MeansOf(true),
              ElementsAre(FloatNear(0, 1e-6F), FloatNear(-0.05F, 1e-6F), FloatNear(0.25F, 1e-6F)));
}

TEST(PictureRim, RefusesAFloatInputThatIsNoPicture) {
  Graph graph = FloatPicture(false);
  graph.preprocess.channels = 1;
  DiagText diag;
  EXPECT_EQ(Compile(graph, diag).status().code(), Code::kInvalidArgument);
  EXPECT_THAT(diag.Text(), testing::HasSubstr("expected a picture (N,H,W,C) of 1 channels"));
}

}  // namespace
}  // namespace covey::compiler
