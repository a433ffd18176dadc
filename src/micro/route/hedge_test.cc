#include <gtest/gtest.h>

#include "micro/route/serve.hpp"

namespace covey::micro {
namespace {

constexpr uint64_t kMs = 1'000'000;

TEST(BestHedge, BeginsBehindWhatUsuallyComesWhereSomeComesMuchLater) {
  Spread spread;
  for (int i = 0; i < 300; ++i) spread.Add(40'000, i % 20 == 0 ? 300'000 : 38'000);
  const Spread::Hedge hedge = spread.BestHedge(40'000, 90'000, 0);
  EXPECT_GT(hedge.begin_q8, 230);  // 36 ms
  EXPECT_LT(hedge.begin_q8, 360);  // 56 ms
  EXPECT_LT(hedge.mean_q8, spread.BestWait(40'000, 90'000).mean_q8);
}

TEST(BestHedge, WaitsLongerForWhatIsSeenLater) {
  Spread spread;
  for (int i = 0; i < 300; ++i)
    spread.Add(40'000, i % 20 == 0 ? 300'000 : 30'000 + i * 7'919U % 20'000);
  const Spread::Hedge at_once = spread.BestHedge(40'000, 90'000, 0),
                      later = spread.BestHedge(40'000, 90'000, 10'000);
  EXPECT_GT(later.begin_q8, at_once.begin_q8);
  EXPECT_GT(later.mean_q8, at_once.mean_q8);
}

TEST(BestHedge, SurvivesAnything) {
  constexpr uint32_t kTimes[] = {0, 1, 255, 256, 40'000, 1U << 20, UINT32_MAX / 2, UINT32_MAX};
  for (const uint32_t measured : kTimes) {
    Spread spread;
    for (const uint32_t expected : kTimes) spread.Add(expected, measured, 256);
    for (const uint32_t expected : kTimes) {
      for (const uint32_t other : kTimes) {
        for (const uint32_t look : kTimes) {
          const Spread::Hedge hedge = spread.BestHedge(expected, other, look);
          EXPECT_LE(hedge.begin_q8, 8'192);
        }
      }
    }
  }
}

// A board beside an agent that takes 40 ms and, one time in 16, 400.
class HedgeTest : public testing::Test, public Places {
 protected:
  static constexpr uint8_t kBoard = 0, kAgent = 1;
  static constexpr uint32_t kLocalUs = 90'000;

  uint64_t NowNs() override { return now_ns_; }
  void StartProbe(uint8_t) override {}
  bool ProbeAnswered(uint8_t& place, uint32_t& rtt_us) override {
    place = kAgent, rtt_us = 20'000;
    return true;
  }
  uint16_t Confidence() override { return 0; }
  Ran Run(uint8_t place, uint64_t until_ns, Outcome&) override {
    ran_ += place == kBoard ? 'b' : 'a';
    if (place == kBoard) return Until(now_ns_ + kLocalUs * 1'000, true);
    if (refuses_) return Ran::kRefused;
    const uint64_t at_ns = now_ns_ + agent_ns_;
    return Until(at_ns < until_ns ? at_ns : until_ns, at_ns <= until_ns);
  }
  bool RunBoth(uint8_t agent, uint8_t local, const Beside& when, Race& race, Outcome&) override {
    EXPECT_EQ(agent, kAgent);
    EXPECT_EQ(local, kBoard);
    ran_ += '2';
    when_ = when;
    race.agent = refuses_ ? Ran::kRefused : Ran::kLate;
    if (refuses_) return true;
    const uint64_t at_ns = now_ns_ + agent_ns_, end_ns = when.begin_ns + kLocalUs * 1'000;
    const uint64_t wait_ns = end_ns > when.keep_ns ? end_ns : when.keep_ns;
    const bool by_agent = at_ns <= wait_ns;
    (by_agent ? race.agent : race.local) = Ran::kAnswered;
    Until(by_agent ? at_ns : wait_ns, true);
    if (now_ns_ > when.begin_ns)
      race.local_ns = (now_ns_ < end_ns ? now_ns_ : end_ns) - when.begin_ns;
    in_vain_us_ += by_agent ? race.local_ns / 1'000 : 0;
    return true;
  }
  Ran Until(uint64_t at_ns, bool answered) {
    now_ns_ = at_ns;
    return answered ? Ran::kAnswered : Ran::kLate;
  }

  Served Ask(const Request& request) {
    agent_ns_ = (++asked_ % 16 == 0 ? 400 : 40) * kMs;
    now_ns_ += 500 * kMs;
    ran_.clear();
    return Serve(router_, request, nullptr, *this);
  }
  void Learn(Request request) {
    for (int i = 0; i < 200; ++i) (void)Ask(request);
  }

  Profile board_{.accuracy = {8'600, 8'900, 9'150}, .compute = {kLocalUs, kLocalUs, kLocalUs}};
  Profile agent_{.place = PlaceKind::kAgent,
                 .accuracy = {9'000, 9'260, 9'450},
                 .compute = {5'000, 6'000, 9'000}};
  RoutePlace rows_[2] = {{.profile = &board_, .steady = true}, {.profile = &agent_, .link = 0}};
  LinkProfile links_[1] = {{.rtt_us = 35'000}};
  Router router_{rows_, links_};
  uint64_t now_ns_ = 1'000 * kMs, agent_ns_ = 0, in_vain_us_ = 0;
  uint32_t asked_ = 0;
  bool refuses_ = false;
  std::string ran_;
  Beside when_;
};

TEST_F(HedgeTest, BeginsBesideAnAgentThatIsLate) {
  const Request request{.hedge = true};
  Learn(request);
  int hedged = 0;
  for (int i = 0; i < 160; ++i) {
    const Served served = Ask(request);
    ASSERT_TRUE(served.ok);
    hedged += served.hedged && served.place == kBoard;
    if (served.place != kBoard || !served.hedged) continue;
    EXPECT_TRUE(served.fell_back);
    EXPECT_LT(served.choice.hedge_us, 80'000U);
  }
  EXPECT_GE(hedged, 9);  // of ten late ones
}

TEST_F(HedgeTest, NeverWhereItIsNotAllowedOrEnergyIsPreferred) {
  for (const Request& request :
       {Request{}, Request{.prefer = Prefer::kEnergy, .hedge = true},
        Request{.pinned = kAgent, .hedge = true}, Request{.fallback = false, .hedge = true}}) {
    for (int i = 0; i < 200; ++i) {
      EXPECT_EQ(Ask(request).choice.hedge_us, UINT32_MAX);
      ASSERT_EQ(ran_.find('2'), std::string::npos);
    }
  }
}

TEST_F(HedgeTest, NeverWhereTheAgentIsNeverLate) {
  for (int i = 0; i < 300; ++i) {
    asked_ = 0;  // 40 ms
    const Served served = Ask({.hedge = true});
    EXPECT_FALSE(served.hedged) << i;
  }
}

TEST_F(HedgeTest, SpendsAtMostAQuarterOfALocalRunForEachRequest) {
  // Each answer comes a moment before the local one would.
  const Request request{.max_latency_us = 200'000, .hedge = true};
  constexpr uint64_t kRequests = 400;
  for (uint64_t i = 0; i < kRequests; ++i) {
    now_ns_ += 500 * kMs;
    agent_ns_ = 150 * kMs;
    (void)Serve(router_, request, nullptr, *this);
  }
  EXPECT_GT(in_vain_us_, 0U);
  EXPECT_LE(in_vain_us_, kRequests * kLocalUs / 4);
}

TEST_F(HedgeTest, KeepsALocalAnswerInHandWhereAccuracyIsPreferred) {
  const Request request{.deadline_us = 300'000, .prefer = Prefer::kAccuracy, .hedge = true};
  Learn(request);
  asked_ = 15;  // the next one is late
  const uint64_t begin_ns = now_ns_ + 500 * kMs;
  const Served served = Ask(request);
  ASSERT_EQ(ran_, "2");
  EXPECT_EQ(served.place, kBoard);
  EXPECT_LE(when_.begin_ns, begin_ns + (300'000 - kLocalUs) * 1'000);
  EXPECT_GT(when_.keep_ns, begin_ns + 290 * kMs);
  EXPECT_LE(now_ns_, begin_ns + 300 * kMs);
}

TEST_F(HedgeTest, FallsBackAtOnceWhereTheAgentFailsBeforeTheLocalRunBegan) {
  const Request request{.hedge = true};
  Learn(request);
  refuses_ = true;
  const Served served = Ask(request);
  EXPECT_EQ(ran_, "2b");
  EXPECT_TRUE(served.ok);
  EXPECT_FALSE(served.hedged);
  EXPECT_TRUE(served.fell_back);
  EXPECT_EQ(served.failure, Ran::kRefused);
}

TEST_F(HedgeTest, BeginsNothingThatWouldEndAfterTheDeadline) {
  int hedged = 0;
  for (uint32_t deadline_us = 10'000; deadline_us < 400'000; deadline_us += 10'000) {
    for (int i = 0; i < 20; ++i) {
      const Served served = Ask({.deadline_us = deadline_us, .hedge = true});
      if (served.choice.hedge_us == UINT32_MAX) continue;
      ++hedged;
      EXPECT_LE(served.choice.hedge_us + kLocalUs, deadline_us);
    }
  }
  EXPECT_GT(hedged, 0);
}

}  // namespace
}  // namespace covey::micro
