#include "pictures/pictures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "pictures/shapes.hpp"

namespace covey::pictures {
namespace {

// FNV-1a, enough to notice a changed byte.
uint64_t Digest(std::span<const std::byte> bytes) {
  uint64_t digest = 0xCBF29CE484222325ULL;
  for (const std::byte byte : bytes) {
    digest = (digest ^ static_cast<uint64_t>(byte)) * 0x100000001B3ULL;
  }
  return digest;
}

TEST(Sine, IsWithinFourParts) {
  for (int turn = 0; turn < 4096; ++turn) {
    ASSERT_NEAR(Sine(turn), 16384 * std::sin(turn * 2 * M_PI / 4096), 4) << turn;
  }
}

TEST(Placement, CarriesTheCentreToTheOriginAndTheRimToTheFrame) {
  const Placement at = Placement::Of({.x = 128, .y = 96, .radius = 64, .turn = 1024});
  EXPECT_EQ(at.Local(128, 96).x, 0);
  EXPECT_EQ(at.Local(128, 96).y, 0);
  // A quarter turn: what lay 64 eighths below lies at the right end of the frame.
  EXPECT_NEAR(at.Local(128, 160).x, 1024, 2);
  EXPECT_NEAR(at.Local(128, 160).y, 0, 2);
}

TEST(Shapes, DifferFromEachOtherByATenthOfTheirPoints) {
  for (int a = 0; a < kShapes; ++a) {
    for (int b = a + 1; b < kShapes; ++b) {
      int either = 0, one = 0;
      for (int y = -1024; y < 1024; y += 32) {
        for (int x = -1024; x < 1024; x += 32) {
          const bool in_a = Inside(static_cast<Shape>(a), {x, y});
          const bool in_b = Inside(static_cast<Shape>(b), {x, y});
          either += in_a || in_b;
          one += in_a != in_b;
        }
      }
      EXPECT_GT(one * 10, either) << kClassNames[a] << " and " << kClassNames[b];
    }
  }
}

// The shipped networks were trained on exactly these bytes: another digest means training again.
TEST(Pictures, AreTheSameBytesOnEveryMachine) {
  EXPECT_EQ(Digest(Records(kTrainSeed, 0, 100)), 482184697173804870U);
  EXPECT_EQ(Digest(Records(kReportSeed, 0, 100)), 1463059861728420294U);
}

TEST(Pictures, DoNotDependOnTheOnesDrawnBefore) {
  const std::vector<std::byte> all = Records(kTestSeed, 0, 20);
  const std::vector<std::byte> last = Records(kTestSeed, 19, 1);
  EXPECT_TRUE(std::equal(last.begin(), last.end(), all.begin() + 19 * kRecordBytes));
}

TEST(Pictures, HoldEveryClassOnceInEachRunOfTen) {
  for (uint64_t run = 0; run < 50; ++run) {
    std::set<int> seen;
    for (uint64_t i = 0; i < 10; ++i) seen.insert(Draw(kTestSeed, run * 10 + i).label);
    EXPECT_EQ(seen.size(), 10U) << "run " << run;
  }
}

TEST(Pictures, OfDifferentSeedsShareNoPicture) {
  std::set<uint64_t> digests;
  size_t drawn = 0;
  for (const uint64_t seed :
       {kTrainSeed, kCalibrationSeed, kSelectionSeed, kReportSeed, kTestSeed}) {
    for (uint64_t i = 0; i < 100; ++i, ++drawn) digests.insert(Digest(Records(seed, i, 1)));
  }
  EXPECT_EQ(digests.size(), drawn);
}

TEST(Records, HoldTheLabelThenThePlanes) {
  const Picture picture = Draw(kTestSeed, 7);
  const std::vector<std::byte> record = Records(kTestSeed, 7, 1);
  ASSERT_EQ(record.size(), kRecordBytes);
  EXPECT_EQ(static_cast<uint8_t>(record[0]), picture.label);
  for (size_t plane = 0; plane < 3; ++plane) {
    for (size_t pixel = 0; pixel < 1024; ++pixel) {
      ASSERT_EQ(static_cast<uint8_t>(record[1 + plane * 1024 + pixel]),
                picture.rgb[pixel * 3 + plane])
          << "plane " << plane << ", pixel " << pixel;
    }
  }
}

}  // namespace
}  // namespace covey::pictures
