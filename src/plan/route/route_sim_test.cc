#include "plan/route/route_sim.hpp"

#include <gtest/gtest.h>

#include "plan/route/changing_links.hpp"

namespace covey::plan {
namespace {

ChangingLinks World(const char* shape) {
  return {.local_us = {107'000},
          .agent_us = {4'500, 5'000, 5'200, 6'000},
          .shape = *FindLinkShape(shape),
          .duration_s = 900};
}

TEST(ChangingLinks, AnswersInTimeWhereAPlaceCan) {
  for (const uint32_t deadline_us : {250'000U, 120'000U, 50'000U}) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      const ChangeReport report =
          RunChangingLinks(World("wifi"), {.deadline_us = deadline_us}, seed);
      EXPECT_GT(report.possible, 1'000);
      EXPECT_LE(report.missed * 100, report.possible) << deadline_us << " seed " << seed;
    }
  }
}

TEST(ChangingLinks, ReturnsToTheAgentWithinThreeRequests) {
  int recovered = 0;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const ChangeReport report = RunChangingLinks(
        World("wifi"), {.deadline_us = 250'000, .prefer = micro::Prefer::kAccuracy}, seed);
    EXPECT_EQ(report.late_recoveries, 0) << seed;
    recovered += report.recovered;
  }
  EXPECT_GE(recovered, 3);
}

// A board beside an agent over Wi-Fi; the local answer is right 9 times of 10.
class AdversaryTest : public testing::Test {
 protected:
  static constexpr size_t kSamples = 1'000;

  AdversaryTest() {
    for (size_t i = 0; i < kSamples; ++i) {
      places_[0].right.push_back(i % 10 != 0);
      places_[0].classes.push_back(i % 10 != 0 ? 1 : 2);
      places_[1].right.push_back(i % 20 != 0);
      places_[1].classes.push_back(i % 20 != 0 ? 1 : 3);
    }
  }

  struct Score {
    int right = 0, in_time = 0;
    uint8_t distrust = 0;
  };
  Score Run(const micro::Request& request, std::vector<ClockJump> jumps = {}) {
    RouteSim sim(places_, {LinkModel(*FindLinkShape("wifi"), 1)}, {.seed = 1, .jumps = jumps});
    micro::Router router(rows_, links_);
    Score score;
    for (size_t i = 0; i < kSamples; ++i) {
      sim.Wait(1 + static_cast<double>(i) * 0.5);
      const RouteResult result = sim.Run(router, request, i);
      const double limit_s = request.deadline_us / 1e6;
      const bool in_time = result.served.ok && (limit_s == 0 || result.latency_s <= limit_s);
      score.in_time += in_time;
      score.right += in_time && result.right;
      score.distrust |= router.distrust(1);
    }
    return score;
  }

  Profile local_{.accuracy = {8'700, 9'000, 9'200}, .compute = {107'000, 107'000, 107'000}};
  Profile agent_{.place = PlaceKind::kAgent,
                 .accuracy = {9'300, 9'500, 9'700},
                 .up_bytes = 3'150,
                 .down_bytes = 90,
                 .compute = {5'000, 6'000, 9'000}};
  micro::RoutePlace rows_[2] = {{.profile = &local_, .steady = true},
                                {.profile = &agent_, .link = 0}};
  LinkProfile links_[1] = {{.rtt_us = 6'500, .up_ns_per_byte = 400}};
  std::vector<TruePlace> places_{
      {.compute_us = {107'000}},
      {.link = 0, .compute_us = {5'000}, .up_bytes = 3'150, .down_bytes = 90}};
};

TEST_F(AdversaryTest, AnHonestWorldIsServedByTheAgent) {
  const Score score = Run({.deadline_us = 300'000, .prefer = micro::Prefer::kAccuracy});
  EXPECT_GE(score.right, 940);
  EXPECT_EQ(score.distrust, 0);
}

TEST_F(AdversaryTest, AnAgentThatIsNeverRightIsFoundOut) {
  for (uint16_t& right : places_[1].right) right = 0;
  for (uint32_t& answer : places_[1].classes) answer = 7;
  const Score score = Run({.deadline_us = 300'000, .prefer = micro::Prefer::kAccuracy});
  EXPECT_GE(score.right, 882);  // fixed local is 900: at most 2 % below it
  EXPECT_EQ(score.distrust & micro::kAccuracyProfile, micro::kAccuracyProfile);
}

TEST_F(AdversaryTest, AProfileThatPromisesTooLittleLatencyIsFoundOut) {
  places_[1].compute_us = {400'000};
  const Score score = Run({.deadline_us = 300'000, .prefer = micro::Prefer::kAccuracy});
  EXPECT_GE(score.right, 882);
  EXPECT_GE(score.in_time, 990);
}

TEST_F(AdversaryTest, LyingHintsCostNothing) {
  places_[1].claims_load_us = 30'000'000;
  const Score high = Run({.deadline_us = 300'000, .prefer = micro::Prefer::kAccuracy});
  EXPECT_GE(high.right, 900);
  EXPECT_EQ(high.distrust & micro::kLoadHints, micro::kLoadHints);
  places_[1].claims_load_us = 1;
  places_[1].queue_us = 400'000;
  places_[1].claims_work = 1'000;
  const Score low = Run({.deadline_us = 300'000, .prefer = micro::Prefer::kAccuracy});
  EXPECT_GE(low.right, 882);
  EXPECT_GE(low.in_time, 990);
}

TEST_F(AdversaryTest, JumpsOfTheClockCostAtMostTheRequestsTheyHit) {
  std::vector<ClockJump> jumps;
  for (int i = 0; i < 20; ++i) jumps.push_back({10.002 + i * 20, i % 2 == 0 ? 3'600.0 : -3'600.0});
  const Score score = Run({.deadline_us = 300'000, .prefer = micro::Prefer::kAccuracy}, jumps);
  EXPECT_GE(score.right, 882);
  EXPECT_EQ(score.distrust & micro::kClock, micro::kClock);
}

// The local answer beside an agent whose packets are lost now and then.
struct Mean {
  double latency_s = 0, local_s = 0;
};
Mean OverCrowdedWifi(const micro::Request& request, uint32_t look_us) {
  const Profile board{.accuracy = {8'600, 8'900, 9'150}, .compute = {107'000, 107'000, 107'000}};
  const Profile agent{.place = PlaceKind::kAgent,
                      .accuracy = {9'000, 9'260, 9'450},
                      .up_bytes = 3'150,
                      .compute = {5'000, 6'000, 9'000}};
  const micro::RoutePlace rows[] = {{.profile = &board, .steady = true},
                                    {.profile = &agent, .link = 0}};
  const LinkProfile links[] = {{.rtt_us = 28'000, .up_ns_per_byte = 2'000}};
  micro::Router router(rows, links);
  RouteSim sim({{.compute_us = {107'000}, .right = {1}, .look_us = look_us},
                {.link = 0, .compute_us = {5'000}, .right = {1}, .up_bytes = 3'150}},
               {LinkModel(*FindLinkShape("wifi-crowded"), 7)}, {.seed = 7, .paired = true});
  Mean mean;
  constexpr int kRequests = 3'000;
  for (int i = 0; i < kRequests; ++i) {
    sim.Wait(1 + i * 0.5);
    mean.latency_s += sim.Run(router, request, 0).latency_s / kRequests;
  }
  mean.local_s = sim.local_s() / kRequests;
  return mean;
}

TEST(Hedging, AnswersSoonerForAtMostAQuarterOfALocalRun) {
  const Mean without = OverCrowdedWifi({}, 0), with = OverCrowdedWifi({.hedge = true}, 0);
  EXPECT_LT(with.latency_s, without.latency_s * 0.97);
  EXPECT_LT(with.local_s, without.local_s + 0.107 / 4);
}

TEST(Hedging, CostsABoardOfOneCoreNothing) {
  const Mean without = OverCrowdedWifi({}, 20'000),
             with = OverCrowdedWifi({.hedge = true, .look_us = 10'000}, 20'000);
  EXPECT_LT(with.latency_s, without.latency_s * 1.01);
}

}  // namespace
}  // namespace covey::plan
