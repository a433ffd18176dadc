#include "serve/measure/calibrate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace covey::serve {
namespace {

TEST(Temperature, OneLeavesTheSoftmaxAlone) {
  const std::vector<float> scores = {0, std::log(3.0F)};
  EXPECT_NEAR(Tempered(scores, 1), 0.75, 1e-6);
  EXPECT_NEAR(Tempered(scores, 2), std::sqrt(3) / (1 + std::sqrt(3)), 1e-6);
  EXPECT_NEAR(Tempered(scores, 1e6), 0.5, 1e-6);
}

TEST(Temperature, OfProbabilitiesAsOfTheirLogits) {
  const std::vector<float> probabilities = {0.25F, 0.75F, 0};
  EXPECT_NEAR(Tempered(LogOf(probabilities, 1e-6F), 1), 0.75, 1e-4);
}

TEST(Temperature, IsFoundAgain) {
  // Labels are drawn from softmax(scores / 2.5): that temperature explains them best.
  std::mt19937 random(7);
  std::vector<std::vector<float>> scores;
  std::vector<int> labels;
  for (int i = 0; i < 20000; ++i) {
    std::vector<float> s;
    for (int c = 0; c < 4; ++c) s.push_back(static_cast<float>(random() % 1000) / 100);
    double sum = 0;
    for (float x : s) sum += std::exp(static_cast<double>(x) / 2.5);
    double u = static_cast<double>(random()) / 4294967296.0 * sum;
    int label = 0;
    while (label < 3 &&
           (u -= std::exp(static_cast<double>(s[static_cast<size_t>(label)]) / 2.5)) > 0)
      ++label;
    scores.push_back(s), labels.push_back(label);
  }
  EXPECT_NEAR(FitTemperature(scores, labels), 2.5, 0.1);
}

TEST(CalibrationErrorOf, WorkedOutByHand) {
  // Bin [0.8, 0.867): mean 0.85, right 1/2. Bin [0.9333, 1]: 0.95, right 1. 2 x 0.35 + 0.05 over 3.
  EXPECT_NEAR(CalibrationError(std::vector{0.85, 0.85, 0.95}, std::vector{1.0, 0.0, 1.0}),
              (2 * 0.35 + 0.05) / 3, 1e-9);
  EXPECT_EQ(CalibrationError({}, {}), 0);
  EXPECT_EQ(CalibrationError(std::vector{1.0}, std::vector{1.0}), 0);
}

TEST(CalibrationPoints, RiseAndAreFew) {
  std::mt19937 random(3);
  std::vector<double> confidence, right;
  for (int i = 0; i < 5000; ++i) {
    const double c = 0.3 + 0.7 * static_cast<double>(random() % 1000) / 1000;
    confidence.push_back(c);
    right.push_back(static_cast<double>(random() % 1000) < 1000 * c * c ? 1 : 0);  // P = c^2
  }
  const Calibration fitted = FitCalibration(confidence, right);
  ASSERT_GT(fitted.count, 8);
  for (size_t i = 1; i < fitted.count; ++i) {
    EXPECT_LT(fitted.points[i - 1].confidence, fitted.points[i].confidence);
    EXPECT_LE(fitted.points[i - 1].right, fitted.points[i].right);
  }
  for (size_t i = 0; i < fitted.count; ++i) {
    const double c = fitted.points[i].confidence / 10000.0;
    EXPECT_NEAR(fitted.points[i].right / 10000.0, c * c, 0.08);
  }
}

TEST(CalibrationPoints, PoolWhatIsOutOfOrderAndKeepTiesTogether) {
  const Calibration flat =
      FitCalibration(std::vector{0.2, 0.4, 0.6, 0.8}, std::vector{1.0, 0.0, 1.0, 0.0});
  ASSERT_EQ(flat.count, 1);
  EXPECT_EQ(flat.points[0].confidence, 5000);
  EXPECT_EQ(flat.points[0].right, 5000);
  const Calibration tied =
      FitCalibration(std::vector<double>(100, 0.9), std::vector<double>(100, 1));
  ASSERT_EQ(tied.count, 1);
  EXPECT_EQ(tied.points[0].right, 10000);
  EXPECT_EQ(FitCalibration({}, {}).count, 0);
}

TEST(Cut, KeepsWhatIsSureEnough) {
  // Sure 9,000: local right on all; sure 5,000: local right on none, remote on all.
  std::vector<uint16_t> sure;
  std::vector<double> local, remote(2000, 1.0);
  for (int i = 0; i < 2000; ++i) {
    sure.push_back(i % 4 == 0 ? 5000 : 9000);
    local.push_back(i % 4 == 0 ? 0 : 1);
  }
  const Cut cut = CutFor(0.99, sure, local, remote);
  EXPECT_EQ(cut.keep_at, 9000U);
  EXPECT_DOUBLE_EQ(cut.traffic, 0.25);
  EXPECT_DOUBLE_EQ(cut.accuracy, 1);
  // With 70 % of the remote's accuracy as target all may stay here.
  EXPECT_EQ(CutFor(0.7, sure, local, remote).keep_at, 0U);
}

TEST(Cut, SendsEverythingWhereNothingLocalCanBeKept) {
  const std::vector<uint16_t> sure(100, 10000);
  const std::vector<double> local(100, 0.0), remote(100, 1.0);
  const Cut cut = CutFor(0.99, sure, local, remote);
  EXPECT_GT(cut.keep_at, 10000U);
  EXPECT_DOUBLE_EQ(cut.traffic, 1);
  EXPECT_DOUBLE_EQ(cut.accuracy, 1);
}

TEST(Cut, FewSamplesProveLess) {
  // The local network is as right as the remote, on other samples: ten samples do not prove it.
  const auto of = [](size_t n) {
    std::vector<uint16_t> sure(n, 9000);
    std::vector<double> local, remote;
    for (size_t i = 0; i < n; ++i) local.push_back(i % 10 != 0), remote.push_back(i % 10 != 1);
    return CutFor(0.99, sure, local, remote).traffic;
  };
  EXPECT_DOUBLE_EQ(of(10), 1);
  EXPECT_DOUBLE_EQ(of(20000), 0);
}

}  // namespace
}  // namespace covey::serve
