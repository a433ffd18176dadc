#include "plan/cost/bars.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "plan/cost/pack.hpp"

namespace covey::plan {
namespace {

TEST(Bars, WhatFillsTheStripNeedsItsArea) {
  const std::vector<int32_t> widths = {8, 8, 4, 4}, heights = {10, 10, 6, 6};
  EXPECT_NEAR(SlicesNeeded(widths, heights, 16), 13, 1e-6);
}

TEST(Bars, WhatIsWiderThanHalfStandsAlone) {
  // 12 + 5 > 16 and the two fives fit no slice with a twelve: 10 + 10 + 10 slices, the area
  // says 17.
  const std::vector<int32_t> widths = {12, 12, 5, 5}, heights = {10, 10, 10, 10};
  EXPECT_NEAR(SlicesNeeded(widths, heights, 16), 30, 1e-6);
}

TEST(Bars, OneRectangleIsInASliceOnce) {
  EXPECT_NEAR(SlicesNeeded(std::vector<int32_t>{4}, std::vector<int32_t>{40}, 16), 40, 1e-6);
}

TEST(Bars, NothingNeedsNothing) { EXPECT_EQ(SlicesNeeded({}, {}, 16), 0); }

// A guillotine-cut strip fits by construction: the bound may not exceed it.
TEST(Bars, NeverMoreThanAPackingThatExists) {
  std::mt19937 random(5);
  for (int run = 0; run < 200; ++run) {
    std::vector<Rect> rects = {{16, 192}};
    for (int cut = 0; cut < 20; ++cut) {
      const size_t i = random() % rects.size();
      Rect& rect = rects[i];
      const bool across = random() % 2 == 0;
      const int32_t size = across ? rect.width : rect.height;
      if (size < 2) continue;
      const auto part = static_cast<int32_t>(1 + random() % static_cast<uint32_t>(size - 1));
      Rect other = rect;
      (across ? other.width : other.height) = size - part;
      (across ? rect.width : rect.height) = part;
      rects.push_back(other);
    }
    std::vector<int32_t> widths, heights;
    for (const Rect& rect : rects) {
      widths.push_back(rect.width);
      heights.push_back(rect.height);
    }
    EXPECT_LE(SlicesNeeded(widths, heights, 16), 192 + 1e-6);
    EXPECT_LE(SlicesNeeded(heights, widths, 192), 16 + 1e-6);
  }
}

TEST(Bars, RefuseWhatNoSearchHadDecided) {
  // Layers of two residual networks; the area is 86 % of the room.
  const std::vector<Rect> rects = {{8, 32}, {12, 48}, {12, 6},  {12, 22}, {5, 5},   {5, 5},
                                   {5, 5},  {5, 11},  {11, 12}, {12, 12}, {12, 24}, {12, 29}};
  EXPECT_EQ(Pack(rects, 16, 175, 1).verdict, PackVerdict::kDoesNot);
}

}  // namespace
}  // namespace covey::plan
