#include "plan/cost/array_rules.hpp"

#include <gtest/gtest.h>

#include "plan/cost/part.hpp"
#include "plan/cost/well_known.hpp"

namespace covey::plan {
namespace {

Layer Conv(int32_t kernel, int32_t stride) {
  Layer layer{.name = "c", .op = LayerOp::kConv2d};
  layer.shape = {.cin = 3, .cout = 16, .kernel_h = kernel, .kernel_w = kernel, .pad = kernel / 2};
  layer.shape.in_h = layer.shape.in_w = 32;
  layer.shape.out_h = layer.shape.out_w = 32 / stride;
  layer.shape.stride_h = layer.shape.stride_w = stride;
  return layer;
}

TEST(ArrayRules, AllPublishedLayersRunOnTheSmallArray) {
  for (const LayerTable& model : WellKnownModels()) {
    for (const Layer& layer : model.layers) {
      EXPECT_EQ(BeyondArray({}, layer), "") << model.name << " " << layer.name;
    }
  }
}

TEST(ArrayRules, AConvolutionMovesByOnePixel) {
  EXPECT_EQ(BeyondArray({}, Conv(3, 1)), "");
  EXPECT_EQ(BeyondArray({}, Conv(3, 2)), "convolutions of stride 2x2, only 1x1");
  const Part& array = *BuiltInPart("max78002");
  EXPECT_FALSE(LayerSeconds(array, Conv(3, 2)).has_value());
  EXPECT_TRUE(LayerSeconds(*BuiltInPart("m4"), Conv(3, 2)).has_value());
}

TEST(ArrayRules, KernelsAreOneOrThreeWide) {
  EXPECT_EQ(BeyondArray({}, Conv(1, 1)), "");
  EXPECT_EQ(BeyondArray({}, Conv(5, 1)), "5x5 kernels, only 1x1 and 3x3");
}

TEST(ArrayRules, TheLargeArrayKnowsDepthwiseAndDilation) {
  const ArrayRules& large = BuiltInPart("max78002")->rules;
  Layer layer = Conv(3, 1);
  layer.shape.dilation_h = layer.shape.dilation_w = 4;
  EXPECT_EQ(BeyondArray({}, layer), "convolutions of dilation 4");
  EXPECT_EQ(BeyondArray(large, layer), "");
  layer = Conv(3, 1);
  layer.op = LayerOp::kDepthwise;
  EXPECT_EQ(BeyondArray({}, layer), "depthwise layers");
  EXPECT_EQ(BeyondArray(large, layer), "");
}

TEST(ArrayRules, FunctionsAreForProcessors) {
  Layer layer = Conv(1, 1);
  layer.op = LayerOp::kPassthrough;
  layer.function = "softmax";
  EXPECT_EQ(BeyondArray({}, layer), "softmax layers");
}

TEST(ArrayRules, ChannelsAndPicturesHaveAnEnd) {
  Layer layer = Conv(1, 1);
  layer.shape.cin = 1'025;
  EXPECT_EQ(BeyondArray({}, layer), "layers of 1025 channels, at most 1024");
  layer = Conv(1, 1);
  layer.shape.in_w = 1'024;
  EXPECT_EQ(BeyondArray({}, layer), "pictures of 32x1024, at most 1023 each way");
}

}  // namespace
}  // namespace covey::plan
