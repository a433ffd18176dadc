#include "kernels/fixed_point.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "kernels/host/oracle.hpp"
#include "kernels/multiplier.hpp"

namespace covey::kernels {
namespace {

TEST(Multiplier, SplitsPowersOfTwoExactly) {
  EXPECT_EQ(Quantise(0.5), (Multiplier{1 << 30, 0}));
  EXPECT_EQ(Quantise(1.0), (Multiplier{1 << 30, 1}));
  EXPECT_EQ(Quantise(0.25), (Multiplier{1 << 30, -1}));
  EXPECT_EQ(Quantise(1024.0), (Multiplier{1 << 30, 11}));
}

TEST(Multiplier, RoundsTheMantissaHalvesAwayFromZero) {
  // 0.3 = 0.6 * 2^-1; 0.6 * 2^31 = 1288490188.8.
  EXPECT_EQ(Quantise(0.3), (Multiplier{1288490189, -1}));
  // 2^31 - 1/2 rounds up to 2^31, which is written 2^30 * 2.
  EXPECT_EQ(Quantise(1.0 - std::ldexp(1.0, -32)), (Multiplier{1 << 30, 1}));
  EXPECT_EQ(Quantise(1.0 - std::ldexp(1.0, -31)), (Multiplier{0x7FFFFFFF, 0}));
  EXPECT_EQ(Quantise(0.5 + std::ldexp(1.0, -32)), (Multiplier{(1 << 30) + 1, 0}));
}

TEST(Multiplier, IsZeroForZeroAndForWhatIsTooSmall) {
  EXPECT_EQ(Quantise(0.0), (Multiplier{0, 0}));
  EXPECT_EQ(Quantise(std::ldexp(1.0, -32)), (Multiplier{1 << 30, -31}));
  EXPECT_EQ(Quantise(std::ldexp(1.0, -33)), (Multiplier{0, 0}));
  EXPECT_EQ(Quantise(5e-324), (Multiplier{0, 0}));
}

TEST(Multiplier, AgreesWithFrexpEverywhere) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const double d = std::ldexp(0.5 + static_cast<double>(random() >> 12) * 0x1p-53,
                                static_cast<int>(random() % 62) - 31);
    int shift = 0;
    auto multiplier = std::llround(std::frexp(d, &shift) * 0x1p31);
    if (multiplier == 1LL << 31) multiplier /= 2, ++shift;
    ASSERT_EQ(Quantise(d), (Multiplier{static_cast<int32_t>(multiplier), shift})) << d;
  }
}

TEST(FixedPoint, HighMulRoundsHalvesUp) {
  EXPECT_EQ(RoundingDoublingHighMul(1 << 30, 1), 1);    // 0.5 -> 1
  EXPECT_EQ(RoundingDoublingHighMul(1 << 30, -1), 0);   // -0.5 -> 0
  EXPECT_EQ(RoundingDoublingHighMul(1 << 30, 3), 2);    // 1.5 -> 2
  EXPECT_EQ(RoundingDoublingHighMul(1 << 30, -3), -1);  // -1.5 -> -1
  EXPECT_EQ(RoundingDoublingHighMul(kInt32Min, kInt32Max), -kInt32Max);
}

TEST(FixedPoint, DivideRoundsHalvesAwayFromZero) {
  EXPECT_EQ(RoundingDivideByPowerOfTwo(5, 1), 3);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(-5, 1), -3);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(-6, 2), -2);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(7, 0), 7);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(kInt32Max, 31), 1);
  EXPECT_EQ(RoundingDivideByPowerOfTwo(kInt32Min, 31), -1);
  EXPECT_EQ(RoundingDivideByPowerOfTwo((1 << 30) - 1, 31), 0);
}

TEST(FixedPoint, RequantisesAsTheWideFormulationDoes) {
  std::mt19937 random(2);
  for (int i = 0; i < 200000; ++i) {
    const int shift = static_cast<int>(random() % 40) - 31;  // -31..8
    const int bits = 31 - (shift > 0 ? shift : 0);
    const auto value = static_cast<int32_t>(random()) >> (32 - bits);
    const auto multiplier = static_cast<int32_t>(random() >> 1);
    ASSERT_EQ(MultiplyByQuantized(value, multiplier, shift),
              oracle::Scale(value, multiplier, shift))
        << value << ' ' << multiplier << ' ' << shift;
  }
}

TEST(FixedPoint, RoundsTwiceNotOnce) {
  // 3 * 2^30 / 2^31 = 1.5 -> 2, then 2 / 4 = 0.5 -> 1; rounded once, 0.375 -> 0.
  EXPECT_EQ(MultiplyByQuantized(3, 1 << 30, -2), 1);
}

TEST(FixedPoint, ExpHitsItsConstants) {
  EXPECT_EQ(ExpOfNegative(0, 26), kInt32Max);
  // The constants of the range reduction, rounded from exp itself.
  for (int k = -2; k <= 4; ++k) {
    const double exact = std::exp(-std::ldexp(1.0, k)) * 0x1p31;
    EXPECT_NEAR(ExpOfNegative(-static_cast<int32_t>(std::ldexp(1.0, 26 + k)), 26), exact,
                exact * 2e-6 + 2)
        << k;
  }
}

TEST(FixedPoint, ExpIsCloseToExpEverywhere) {
  for (int fraction : {26, 27})
    for (int64_t a = 0; a > kInt32Min; a -= 12345) {
      const auto raw = static_cast<int32_t>(a);
      const double exact = std::exp(raw * std::ldexp(1.0, -fraction)) * 0x1p31;
      ASSERT_NEAR(ExpOfNegative(raw, fraction), exact, exact * 3e-6 + 8) << raw;
    }
}

TEST(FixedPoint, ReciprocalIsCloseEverywhere) {
  for (int64_t x = 0; x <= kInt32Max; x += 65537) {
    const double exact = 0x1p31 / (1.0 + static_cast<double>(x) * 0x1p-31);
    ASSERT_NEAR(OneOverOnePlus(static_cast<int32_t>(x)), exact, 16.0) << x;
  }
}

}  // namespace
}  // namespace covey::kernels
