#include "plan/cost/pack.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "plan/cost/part.hpp"
#include "plan/cost/well_known.hpp"

namespace covey::plan {
namespace {

std::vector<Rect> RectsOf(const char* model, int first, int end) {
  std::vector<Rect> rects;
  for (int i = first; i < end; ++i) {
    const Layer& layer = WellKnown(model)->layers[i];
    rects.push_back(RectOf(FootprintOf(layer.shape, layer.op)));
  }
  return rects;
}
bool Fits(const char* model, int first, int end) {
  return Pack(RectsOf(model, first, end), 16, 192).verdict == PackVerdict::kFits;
}
bool BiasFits(const char* model, int first, int end) {
  std::vector<int64_t> sizes;
  for (int i = first; i < end; ++i) sizes.push_back(WellKnown(model)->layers[i].bias_bytes);
  const Capacity& most = BuiltInPart("max78000")->capacity;
  return FitsBins(sizes, most.bias_bins, most.bias_bytes / most.bias_bins);
}

TEST(Pack, AcceptsEveryPublishedSplitPoint) {
  struct Chunk {
    const char* model;
    int first, end;
  };
  std::vector<Chunk> chunks = {{"ConvNet", 0, 5},         {"KWS", 0, 9},
                               {"ResSimpleNet", 0, 17},   {"ResSimpleNet", 0, 6},
                               {"ResSimpleNet", 6, 17},   {"SimpleNet", 0, 6},
                               {"SimpleNet", 6, 14},      {"WideNet", 0, 6},
                               {"WideNet", 6, 14},        {"UNet", 0, 19},
                               {"EfficientNetV2", 0, 20}, {"EfficientNetV2", 20, 29},
                               {"MobileNetV2", 0, 32},    {"MobileNetV2", 32, 42},
                               {"MobileNetV2", 42, 52},   {"MobileNetV2", 52, 56}};
  for (int at = 15; at < 19; ++at) {
    chunks.push_back({"UNet", 0, at});
    chunks.push_back({"UNet", at, 19});
  }
  for (const Chunk& chunk : chunks) {
    SCOPED_TRACE(std::string(chunk.model) + " " + std::to_string(chunk.first));
    EXPECT_TRUE(Fits(chunk.model, chunk.first, chunk.end));
    EXPECT_TRUE(BiasFits(chunk.model, chunk.first, chunk.end));
    EXPECT_LE(chunk.end - chunk.first, 32);
  }
}

TEST(Pack, RefusesMobileNetLayers32To45ForBias) {
  EXPECT_FALSE(BiasFits("MobileNetV2", 32, 46));
  EXPECT_TRUE(BiasFits("MobileNetV2", 32, 42));
}

TEST(Pack, RefusesTheLargeModelsWhole) {
  EXPECT_EQ(Pack(RectsOf("EfficientNetV2", 0, 29), 16, 192).verdict, PackVerdict::kDoesNot);
  EXPECT_EQ(Pack(RectsOf("MobileNetV2", 0, 56), 16, 192).verdict, PackVerdict::kDoesNot);
}

// All ways to put the rects at whole places, one after the other.
bool BruteForce(const std::vector<Rect>& rects, size_t at, int width, int height,
                std::vector<std::vector<char>>& used) {
  if (at == rects.size()) return true;
  const Rect& rect = rects[at];
  for (int y = 0; y + rect.height <= height; ++y) {
    for (int x = 0; x + rect.width <= width; ++x) {
      bool free = true;
      for (int j = 0; j < rect.height; ++j) {
        for (int i = 0; i < rect.width; ++i) free = free && used[y + j][x + i] == 0;
      }
      if (!free) continue;
      const auto mark = [&](char value) {
        for (int j = 0; j < rect.height; ++j) {
          for (int i = 0; i < rect.width; ++i) used[y + j][x + i] = value;
        }
      };
      mark(1);
      const bool found = BruteForce(rects, at + 1, width, height, used);
      mark(0);
      if (found) return true;
    }
  }
  return false;
}

TEST(Pack, EqualsBruteForceOnRandomSmallRects) {
  std::mt19937 random(7);
  int fit = 0, refused = 0;
  for (int round = 0; round < 400; ++round) {
    const int width = 4, height = 5;
    std::vector<Rect> rects(3 + random() % 4);
    for (Rect& rect : rects) {
      rect = {1 + static_cast<int32_t>(random() % 3), 1 + static_cast<int32_t>(random() % 4)};
    }
    std::vector<std::vector<char>> used(height, std::vector<char>(width, 0));
    const bool fits = BruteForce(rects, 0, width, height, used);
    const Packing packing = Pack(rects, width, height);
    ASSERT_EQ(packing.verdict, fits ? PackVerdict::kFits : PackVerdict::kDoesNot) << round;
    (fits ? fit : refused)++;
  }
  EXPECT_GT(fit, 50);
  EXPECT_GT(refused, 50);
}

TEST(Pack, PlacesDoNotOverlap) {
  const std::vector<Rect> rects = RectsOf("ResSimpleNet", 0, 17);
  const Packing packing = Pack(rects, 16, 192);
  ASSERT_EQ(packing.verdict, PackVerdict::kFits);
  std::vector<char> used(16 * 192, 0);
  for (size_t i = 0; i < rects.size(); ++i) {
    for (int y = 0; y < rects[i].height; ++y) {
      for (int x = 0; x < rects[i].width; ++x) {
        char& cell = used.at((packing.places[i].y + y) * 16 + packing.places[i].x + x);
        EXPECT_EQ(cell, 0);
        cell = 1;
      }
    }
  }
}

TEST(FitsBins, FindsWhatDescendingOrderMisses) {
  // Largest first into the first bin with room leaves no place for the last.
  const std::vector<int64_t> sizes = {44, 24, 24, 22, 21, 17, 8, 8, 6, 6};
  EXPECT_TRUE(FitsBins(sizes, 3, 60));
  EXPECT_FALSE(FitsBins(sizes, 3, 59));
}

TEST(Part, BuiltInKindsRunWhatTheyCan) {
  const Layer& conv = WellKnown("SimpleNet")->layers[0];
  EXPECT_DOUBLE_EQ(*LayerSeconds(*BuiltInPart("max78000"), conv), 18828 / 50e6);
  Layer depthwise = conv;
  depthwise.op = LayerOp::kDepthwise;
  EXPECT_FALSE(LayerSeconds(*BuiltInPart("max78000"), depthwise).has_value());
  EXPECT_TRUE(LayerSeconds(*BuiltInPart("m4"), depthwise).has_value());
  EXPECT_EQ(BuiltInPart("max78001"), nullptr);
}

TEST(Part, CountedCyclesWinOverTheFormula) {
  Layer layer = WellKnown("SimpleNet")->layers[0];
  layer.counted = {{"m4", 1.2e6}};
  EXPECT_DOUBLE_EQ(*LayerSeconds(*BuiltInPart("m4"), layer), 0.01);
}

}  // namespace
}  // namespace covey::plan
