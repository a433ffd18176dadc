// The functions of one float against double precision, over the range that each is made for.
#include "kernels/ref/float_functions.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

namespace covey::kernels::ref {
namespace {

// Distance in units in the last place of the true value.
double Units(float found, double truth) {
  const auto rounded = static_cast<float>(truth);
  const double unit =
      std::max(static_cast<double>(
                   std::nextafter(std::abs(rounded), std::numeric_limits<float>::infinity()) -
                   std::abs(rounded)),
               0x1p-149);
  return std::abs(static_cast<double>(found) - truth) / unit;
}

double WorstUnits(double least, double most, const std::function<float(float)>& found,
                  const std::function<double(double)>& truth) {
  constexpr int kSteps = 40000;
  double worst = 0;
  for (int i = 0; i <= kSteps; ++i) {
    const auto x = static_cast<float>(least + (most - least) * i / kSteps);
    worst = std::max(worst, Units(found(x), truth(static_cast<double>(x))));
  }
  return worst;
}

std::function<float(float)> Kind(UnaryKind kind, float alpha = 0) {
  return [=](float x) { return UnaryFloat(kind, alpha, 0, x); };
}

TEST(FloatFunctions, AreWithinAFewUnitsOfTheTrueValue) {
  const auto exp = [](double x) { return std::exp(x); };
  EXPECT_LE(WorstUnits(-87, 88, Exp, exp), 2);
  EXPECT_LE(WorstUnits(-2, 2, Exp, exp), 2);
  const auto log = [](double x) { return std::log(x); };
  EXPECT_LE(WorstUnits(1e-6, 3, Log, log), 2);
  EXPECT_LE(WorstUnits(3, 1e6, Log, log), 2);
  const auto tanh = [](double x) { return std::tanh(x); };
  EXPECT_LE(WorstUnits(-10, 10, Kind(UnaryKind::kTanh), tanh), 3);
  EXPECT_LE(WorstUnits(-0.4, 0.4, Kind(UnaryKind::kTanh), tanh), 3);
  EXPECT_LE(WorstUnits(-80, 80, Kind(UnaryKind::kLogistic),
                       [](double x) { return 1 / (1 + std::exp(-x)); }),
            2100);  // below -9 it is exp(x), as the reference has it: off by 1.2e-4 of the value
  EXPECT_LE(WorstUnits(-9, 16, Kind(UnaryKind::kLogistic),
                       [](double x) { return 1 / (1 + std::exp(-x)); }),
            3);
  EXPECT_LE(WorstUnits(-5, 5, Kind(UnaryKind::kErf), [](double x) { return std::erf(x); }), 12);
  EXPECT_LE(WorstUnits(-20, 3, Kind(UnaryKind::kElu, 1),
                       [](double x) { return x < 0 ? std::expm1(x) : x; }),
            3);
  EXPECT_LE(WorstUnits(0.01, 50, Kind(UnaryKind::kPower, 2.5F),
                       [](double x) { return std::pow(x, 2.5); }),
            64);
}

TEST(FloatFunctions, SinesAreWithinTwoUnitsOfOne) {
  for (int i = -20000; i <= 20000; ++i) {
    const float x = static_cast<float>(i) * 0.01F;
    const auto real = static_cast<double>(x);
    EXPECT_NEAR(UnaryFloat(UnaryKind::kSin, 0, 0, x), std::sin(real), 3e-7) << x;
    EXPECT_NEAR(UnaryFloat(UnaryKind::kCos, 0, 0, x), std::cos(real), 3e-7) << x;
  }
}

TEST(FloatFunctions, RootsAreCorrectlyRounded) {
  for (float x : {0.0F, 1e-42F, 1e-38F, 0.1F, 1.0F, 2.0F, 3.0F, 4.0F, 1e38F, 3.4e38F}) {
    EXPECT_EQ(Sqrt(x), std::sqrt(x)) << x;
  }
  float x = 1e-30F;
  for (int i = 0; i < 20000; ++i, x *= 1.007F) EXPECT_EQ(Sqrt(x), std::sqrt(x)) << x;
  EXPECT_TRUE(std::isnan(Sqrt(-1)));
}

TEST(FloatFunctions, RoundAsTheLibraryDoes) {
  for (float x : {-2.5F, -1.5F, -0.5F, -0.2F, 0.0F, 0.5F, 1.5F, 2.5F, 3.7F, 1e9F, -1e9F}) {
    EXPECT_EQ(UnaryFloat(UnaryKind::kFloor, 0, 0, x), std::floor(x));
    EXPECT_EQ(UnaryFloat(UnaryKind::kCeil, 0, 0, x), std::ceil(x));
    EXPECT_EQ(UnaryFloat(UnaryKind::kRound, 0, 0, x), std::nearbyint(x));
  }
}

TEST(FloatFunctions, TakeWhatIsNoNumberAndInfinities) {
  const float infinity = std::numeric_limits<float>::infinity();
  const float none = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(Exp(-infinity), 0);
  EXPECT_EQ(Exp(infinity), infinity);
  EXPECT_EQ(Log(0), -infinity);
  for (auto kind = 0; kind < static_cast<int>(UnaryKind::kTable); ++kind) {
    for (float x : {infinity, -infinity, none, 0.0F, 1e-45F, 3e38F, -3e38F}) {
      (void)UnaryFloat(static_cast<UnaryKind>(kind), 0.5F, 1, x);  // no undefined behaviour
    }
  }
  EXPECT_TRUE(std::isnan(Exp(none)));
  EXPECT_TRUE(std::isnan(UnaryFloat(UnaryKind::kTanh, 0, 0, none)));
}

}  // namespace
}  // namespace covey::kernels::ref
