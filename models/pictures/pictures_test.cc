#include "pictures/pictures.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "pictures/shapes.hpp"

namespace covey::pictures {
namespace {

TEST(Sine, IsWithinTwoParts) {
  for (int turn = 0; turn < 4096; ++turn) {
    EXPECT_NEAR(Sine(turn), 16384 * std::sin(turn * 2 * M_PI / 4096), 8) << turn;
  }
}

}  // namespace
}  // namespace covey::pictures
