#include "apps/covey/demo/figures.hpp"

#include <gtest/gtest.h>

namespace covey::app {
namespace {

const std::vector<uint8_t> kTruth = {0, 1, 1, 0};
const std::vector<Probabilities> kReference = {
    {0.9F, 0.1F}, {0.25F, 0.75F}, {0.5F, 0.25F}, {1.0F, 0.0F}};

TEST(Figures, CountWhatIsCorrectAndWhatAgrees) {
  const std::vector<Said> said = {{true, 0, 0.9, 10.0, false},
                                  {true, 0, 0.5, 20.0, false},  // wrong, and not as the reference
                                  {true, 0, 0.5, 30.0, true},   // wrong, as the reference
                                  {false, 0, 0, {}, false}};    // no answer
  const Figures f = FiguresOf(said, kTruth, kReference);
  EXPECT_EQ(f.images, 4U);
  EXPECT_EQ(f.answered, 3U);
  EXPECT_EQ(f.correct, 1U);
  EXPECT_DOUBLE_EQ(f.top1, 0.25);
  EXPECT_EQ(f.agree, 2U);
  EXPECT_DOUBLE_EQ(f.agreement, 0.5);
  EXPECT_EQ(f.fell_back, 1U);
  EXPECT_NEAR(f.confidence_deviation, (0.0 + 0.25 + 0.0) / 3, 1e-6);
  EXPECT_EQ(f.latency_ms.median, 20);
  EXPECT_DOUBLE_EQ(f.correct_per_ms, 1.0 / 60);
}

TEST(Figures, GiveNoRateIfAnAnswersTimeIsMissing) {
  const std::vector<Said> said = {{true, 0, 0.9, 10.0, false},
                                  {true, 1, 0.7, {}, false},
                                  {true, 1, 0.7, 10.0, false},
                                  {true, 0, 1.0, 10.0, false}};
  const Figures f = FiguresOf(said, kTruth, kReference);
  EXPECT_EQ(f.latencies, 3U);
  EXPECT_EQ(f.correct_per_ms, 0);
}

TEST(Figures, OfTheReferenceItself) { EXPECT_EQ(CountCorrect(kReference, kTruth), 3U); }

TEST(Figures, StandInOneRowAPlace) {
  Figures f = FiguresOf(std::vector<Said>(4), kTruth, kReference);
  f.place = "board m33";
  const std::string text = FiguresTable(std::vector<Figures>{f, f});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
  EXPECT_NE(text.find("0.000 (0/4)"), std::string::npos);
}

}  // namespace
}  // namespace covey::app
