// A loaded agent has several times. What the router makes of that, in requests of a virtual world.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "micro/route/router.hpp"

namespace covey::micro {
namespace {

constexpr uint32_t kBoardUs = 90'000, kLinkUs = 1'000;

struct Mode {
  uint32_t us;
  double share;
};

class ModesTest : public testing::Test {
 protected:
  ModesTest() : router_(rows_, links_) {}

  uint32_t Draw(std::initializer_list<Mode> modes) {
    double at = std::uniform_real_distribution<double>()(random_);
    for (const Mode& mode : modes) {
      at -= mode.share;
      if (at < 0) return mode.us + static_cast<uint32_t>(random_() % (mode.us / 8));
    }
    return modes.begin()->us;
  }

  // One request that nothing presses; how long it took.
  uint32_t Serve(std::initializer_list<Mode> modes) {
    const Choice choice = router_.Decide({}, now_ns_ += 1'000'000);
    by_agent_ = choice.place == kAgent;
    if (!by_agent_) {
      router_.Answered(kBoard, {.total_us = kBoardUs});
      if (choice.probe == kAgent) router_.Alive(kAgent, kLinkUs);
      return kBoardUs;
    }
    const uint32_t work_us = Draw(modes), total_us = kLinkUs + work_us;
    if (total_us <= choice.give_up_us) {
      router_.Answered(kAgent, {.total_us = total_us, .agent_us = work_us});
      return total_us;
    }
    router_.Failed(kAgent, choice.give_up_us, false);
    router_.Alive(kAgent, kLinkUs);
    router_.Answered(kBoard, {.total_us = kBoardUs});
    return choice.give_up_us + kBoardUs;
  }

  // The mean of 2,000 requests once 200 are behind.
  double MeanUs(std::initializer_list<Mode> modes) {
    for (int i = 0; i < 200; ++i) (void)Serve(modes);
    double sum = 0;
    for (int i = 0; i < 2'000; ++i) sum += Serve(modes);
    return sum / 2'000;
  }

  static constexpr uint8_t kBoard = 0, kAgent = 1;
  Profile board_{.accuracy = {8'600, 8'900, 9'150}, .compute = {kBoardUs, kBoardUs, kBoardUs}};
  // Measured on a quiet machine.
  Profile agent_{.place = PlaceKind::kAgent,
                 .accuracy = {9'000, 9'260, 9'450},
                 .compute = {4'000, 4'400, 4'500}};
  RoutePlace rows_[2] = {{.profile = &board_, .steady = true}, {.profile = &agent_, .link = 0}};
  LinkProfile links_[1] = {{.rtt_us = kLinkUs}};
  Router router_;
  std::mt19937 random_{11};
  uint64_t now_ns_ = 1'000'000'000;
  bool by_agent_ = false;
};

TEST_F(ModesTest, KeepsAnAgentThatIsFasterOnTheMean) {
  for (const double slow : {0.1, 0.3, 0.5}) {
    router_ = Router(rows_, links_);
    const double mean_us = kLinkUs + ((1 - slow) * 4'000 + slow * 60'000) * 17 / 16;
    EXPECT_LT(MeanUs({{4'000, 1 - slow}, {60'000, slow}}), 1.05 * mean_us) << slow;
  }
}

TEST_F(ModesTest, TurnsAwayAsSoonAsTheFastTimeHasPassed) {
  for (const double slow : {0.1, 0.3}) {
    router_ = Router(rows_, links_);
    const double best_us = (1 - slow) * 5'250 + slow * (5'500 + kBoardUs);
    EXPECT_LT(MeanUs({{4'000, 1 - slow}, {1'000'000, slow}}), 1.1 * best_us) << slow;
  }
}

TEST_F(ModesTest, IsNoSlowerThanTheBoardWhereNothingComes) {
  EXPECT_LT(MeanUs({{3'000'000, 1}}), 1.05 * kBoardUs);
}

TEST_F(ModesTest, SeesThatThingsHaveChangedFromARunThatNoChanceExplains) {
  for (int i = 0; i < 500; ++i) (void)Serve({{4'000, 0.7}, {60'000, 0.3}});
  ASSERT_TRUE(by_agent_);
  int by_agent = 0;
  for (int i = 0; i < 60; ++i) {
    (void)Serve({{250'000, 1}});
    by_agent += by_agent_;
  }
  EXPECT_LE(by_agent, 30);
  int until_back = 0;
  do {
    (void)Serve({{4'000, 1}});
  } while (++until_back < 40 && router_.ExpectedUs(kAgent) > 10'000);
  EXPECT_LE(until_back, 20);
}

// Two agents, the better one too slow for a fifth of the requests.
TEST(RightInTime, CountsMoreThanAccuracyWhereALateAnswerStillCounts) {
  const Profile small{.place = PlaceKind::kAgent,
                      .accuracy = {6'500, 6'700, 6'900},
                      .compute = {100'000, 150'000, 200'000}};
  const Profile large{.place = PlaceKind::kAgent,
                      .accuracy = {7'800, 8'000, 8'200},
                      .compute = {200'000, 280'000, 400'000}};
  const RoutePlace rows[] = {{.profile = &small, .link = 0}, {.profile = &large, .link = 0}};
  const LinkProfile links[] = {{.rtt_us = 1'000}};
  Router router(rows, links);
  const Request request{.max_latency_us = 300'000, .prefer = Prefer::kAccuracy};
  EXPECT_EQ(router.Decide(request, 1'000'000).place, 1);
  EXPECT_EQ(router.Decide({.max_latency_us = 300'000, .prefer = Prefer::kLatency}, 2'000'000).place,
            0);
}

}  // namespace
}  // namespace covey::micro
