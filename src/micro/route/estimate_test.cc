#include "micro/route/estimate.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace covey::micro {
namespace {

TEST(Log2, IsWithinATenthOfAnOctave) {
  for (uint32_t value : {1U, 2U, 3U, 5U, 100U, 1'000U, 65'537U, 4'000'000'000U})
    EXPECT_NEAR(Log2Q8(value) / 256.0, std::log2(value), 0.09) << value;
  EXPECT_EQ(Log2Q8(0), 0);
}

TEST(Spread, RisesWithTheBudgetToAll) {
  const Spread spread({1'000, 1'500, 3'000});
  uint16_t last = 0;
  for (uint32_t budget = 0; budget < 10'000; budget += 10) {
    const uint16_t share = spread.Within(1'000, budget);
    EXPECT_GE(share, last);
    last = share;
  }
  EXPECT_EQ(last, kOne);
  EXPECT_EQ(spread.Within(1'000, 0), 0);
}

TEST(Spread, BeginsAsTheProfileSays) {
  const Spread spread({1'000, 2'000, 4'000});
  EXPECT_NEAR(spread.Within(1'000, 1'050), 5'000, 1'500);
  EXPECT_NEAR(spread.Within(1'000, 2'000), 9'000, 1'000);  // steps of an eighth
}

TEST(Spread, LearnsTheShareThatComesInTime) {
  Spread spread;
  for (int i = 0; i < 2'000; ++i) spread.Add(1'000, i % 10 == 0 ? 4'000 : 1'000);
  EXPECT_NEAR(spread.Within(1'000, 2'000), 9'000, 100);
  EXPECT_EQ(spread.Within(1'000, 20'000), kOne);
}

TEST(Spread, SpreadsWhatWasCutOffOverWhatWasSeenToTakeLonger) {
  Spread cut, whole;
  for (int i = 0; i < 400; ++i) {
    const uint32_t us = i % 10 == 0 ? 8'000 : i % 10 == 1 ? 3'000 : 1'000;
    whole.Add(1'000, us);
    if (i >= 100 && us > 1'500) {
      cut.AddLate(1'000, 1'500);
    } else {
      cut.Add(1'000, us);
    }
  }
  EXPECT_NEAR(cut.Within(1'000, 1'500), whole.Within(1'000, 1'500), 200);
  EXPECT_NEAR(cut.Within(1'000, 5'000), whole.Within(1'000, 5'000), 300);
}

TEST(Spread, WaitsAsLongAsItPays) {
  Spread spread;
  for (int i = 0; i < 250; ++i) spread.Add(4'000, i % 5 == 0 ? 60'000 : 4'000);
  const Spread::Wait costly = spread.BestWait(4'000, 90'000),
                     cheap = spread.BestWait(4'000, 10'000);
  EXPECT_GE(costly.us, 60'000U);  // the slow ones take less than turning away
  EXPECT_LE(cheap.us, 10'000U);
  EXPECT_NEAR(4.0 * cheap.alone_q8 / 256, 0.8 * 4 + 0.2 * 60, 2.5);
  EXPECT_NEAR(4.0 * cheap.mean_q8 / 256, 0.8 * 4 + 0.2 * (4.5 + 10), 1);
}

TEST(Spread, WaitsAsLongAsWhatWasWaitedForShows) {
  Spread spread({10'000, 11'000, 12'000});
  for (int i = 0; i < 60; ++i) {
    spread.Add(10'000, 10'000);
    if (i % 6 == 0) spread.Add(10'000, 250'000);  // at first late ones came very late
  }
  const uint32_t hasty_us = spread.BestWait(10'000, 89'000).us;
  EXPECT_LT(hasty_us, 60'000U);
  for (int i = 0; i < 20; ++i) spread.AddRare(10'000, 65'000, hasty_us);
  EXPECT_GT(spread.BestWait(10'000, 89'000).us, 65'000U);
}

TEST(Spread, PrefersToWaitWhereThatCostsHardlyMore) {
  Spread spread({10'000, 10'500, 11'000});
  for (int i = 0; i < 400; ++i) spread.Add(10'000, i % 400 == 0 ? 160'000 : 10'000);
  // Turning after 12 ms would save 0.2 of 10 ms.
  EXPECT_EQ(spread.BestWait(10'000, 89'000).us, UINT32_MAX);
}

TEST(LinkEstimate, AddsTheBytesToTheRoundTrip) {
  const LinkEstimate link{6'000, 400};
  EXPECT_EQ(link.Us(0), 6'000U);
  EXPECT_EQ(link.Us(3'000), 7'200U);
  EXPECT_EQ((LinkEstimate{1, UINT32_MAX}.Us(UINT32_MAX)), UINT32_MAX);
}

TEST(LinkEstimate, MovesBothPartsByTheirShare) {
  LinkEstimate link{6'000, 400};
  for (int i = 0; i < 60; ++i) link.Learn(3'000, 72'000, 4);
  EXPECT_NEAR(link.Us(3'000), 72'000, 2'000);
  EXPECT_NEAR(link.rtt_us, 60'000, 3'000);
}

TEST(LinkEstimate, StartsFromItsFirstMeasurementIfNothingIsKnown) {
  LinkEstimate link;
  link.Learn(3'000, 9'000, 4);
  EXPECT_EQ(link.Us(3'000), 9'000U);
}

TEST(LinkEstimate, SurvivesExtremes) {
  LinkEstimate link{6'000, 400};
  for (uint32_t us : {1U, UINT32_MAX, 1U, UINT32_MAX / 2, 7U, UINT32_MAX}) {
    for (int i = 0; i < 100; ++i) link.Learn(UINT32_MAX, us, 1);
    EXPECT_GE(link.rtt_us, 1U);
  }
}

}  // namespace
}  // namespace covey::micro
