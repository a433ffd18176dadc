// Profiles that are wrong, and luck that must not last: what the router makes of them.
#include <gtest/gtest.h>

#include <random>

#include "micro/route/router.hpp"

namespace covey::micro {
namespace {

constexpr uint32_t kBoardUs = 107'000;
constexpr uint8_t kBoard = 0, kAgent = 1;

class DistrustTest : public testing::Test {
 protected:
  // The agent truly takes `agent_us`; returns how many of `requests` it answered.
  int Serve(const Request& request, uint32_t agent_us, int requests) {
    int by_agent = 0;
    for (int i = 0; i < requests; ++i) {
      const Choice choice = router_.Decide(request, now_ += 1'000'000);
      const bool late = choice.place == kAgent && agent_us > choice.give_up_us;
      if (late) router_.Failed(kAgent, choice.give_up_us, false);
      if (choice.place == kAgent && !late) {
        ++by_agent;
        router_.Answered(kAgent, {.total_us = agent_us});
      } else {
        router_.Answered(kBoard, {.total_us = kBoardUs});
      }
    }
    return by_agent;
  }
  void Begin() { router_ = Router(rows_, links_); }

  Profile board_{.accuracy = {8'600, 8'900, 9'150}, .compute = {kBoardUs, kBoardUs, kBoardUs}};
  Profile agent_{.place = PlaceKind::kAgent,
                 .accuracy = {9'000, 9'260, 9'450},
                 .compute = {5'000, 6'000, 9'000}};
  RoutePlace rows_[2] = {{.profile = &board_, .steady = true}, {.profile = &agent_, .link = 0}};
  LinkProfile links_[1] = {{.rtt_us = 6'000}};
  Router router_;
  uint64_t now_ = 1'000'000'000;
};

TEST_F(DistrustTest, TriesAnAgentThatOnlyItsProfileCallsSlow) {
  agent_.compute = {2'000'000, 3'000'000, 4'000'000};
  for (const Request& request :
       {Request{.deadline_us = 300'000, .prefer = Prefer::kAccuracy}, Request{}}) {
    Begin();
    EXPECT_GT(Serve(request, 12'000, 2'000), 1'000);
    EXPECT_EQ(router_.distrust(kAgent), kLatencyProfile);
  }
}

TEST_F(DistrustTest, DoubtsATrueProfileEverMoreSeldom) {
  agent_.compute = {2'000'000, 2'100'000, 2'200'000};
  Begin();
  EXPECT_EQ(Serve({.deadline_us = 300'000}, 2'000'000, 4'000), 0);
  EXPECT_EQ(router_.distrust(kAgent), 0);
  int doubts = 0;
  for (int i = 0; i < 8'000; ++i) {
    const Choice choice = router_.Decide({.deadline_us = 300'000}, now_ += 1'000'000);
    doubts += choice.place == kAgent;
    if (choice.place == kAgent) router_.Failed(kAgent, choice.give_up_us, false);
    router_.Answered(kBoard, {.total_us = kBoardUs});
  }
  EXPECT_LE(doubts, 8);
  EXPECT_GT(doubts, 0);
}

TEST_F(DistrustTest, NamesAnEnginesWrongProfileAfterTwoAnswersAndNoClock) {
  board_.compute = {1'000, 1'000, 1'000};
  Begin();
  for (int i = 0; i < 2; ++i) router_.Answered(kBoard, {.total_us = kBoardUs});
  EXPECT_EQ(router_.distrust(kBoard), kLatencyProfile);
  EXPECT_EQ(router_.ExpectedUs(kBoard), kBoardUs);
}

// A few answers that came late by chance: without trials that count for more, the agent would be
// left alone for thousands of requests.
TEST_F(DistrustTest, BadLuckIsForgottenWithinAFewTrials) {
  const Request request{.max_latency_us = 113'000, .prefer = Prefer::kAccuracy, .late_ok = true};
  Begin();
  (void)Serve(request, 70'000, 200);
  for (int i = 0; i < 24; ++i) {
    (void)router_.Decide(request, now_ += 1'000'000);
    router_.Answered(kAgent, {.total_us = i % 2 == 0 ? 130'000U : 70'000U});
  }
  ASSERT_EQ(Serve(request, 70'000, 20), 0);
  EXPECT_GT(Serve(request, 70'000, 2'000), 1'000);
}

TEST_F(DistrustTest, TriesAnotherAgentWhereNothingCouldStepIn) {
  const RoutePlace agents[] = {{.profile = &agent_, .link = 0}, {.profile = &agent_, .link = 1}};
  const LinkProfile links[] = {{.rtt_us = 50'000}, {.rtt_us = 60'000}};  // truly 1 ms, the second
  Router router(agents, links);
  int second = 0;
  for (int i = 0; i < 2'000; ++i) {
    const Choice choice = router.Decide({}, now_ += 1'000'000);
    second += choice.place == 1;
    router.Answered(choice.place, {.total_us = choice.place == 1 ? 6'000U : 55'000U});
  }
  EXPECT_GT(second, 1'000);
}

TEST_F(DistrustTest, SurvivesAnyProfile) {
  std::mt19937 random(3);
  const auto any = [&] { return static_cast<uint32_t>(random()) >> (random() % 33 % 32); };
  for (int round = 0; round < 300; ++round) {
    for (Profile* profile : {&board_, &agent_}) {
      const auto low = static_cast<uint16_t>(any() % (kOne + 1));
      const auto mid = static_cast<uint16_t>(low + any() % (kOne - low + 1U));
      profile->accuracy = {low, mid, static_cast<uint16_t>(mid + any() % (kOne - mid + 1U))};
      profile->compute = {any(), any(), any()};
      profile->fixed_us = any();
      profile->up_bytes = any();
      profile->energy_uj = any();
      profile->energy_nj_per_byte = any();
      profile->wait_uw = any();
    }
    links_[0] = {.rtt_us = any(), .up_ns_per_byte = any(), .down_ns_per_byte = any()};
    Begin();
    for (int i = 0; i < 100; ++i) {
      const Choice choice = router_.Decide({.max_latency_us = i % 2 == 0 ? any() : 0,
                                            .deadline_us = i % 3 == 0 ? any() : 0,
                                            .prefer = static_cast<Prefer>(i % 3)},
                                           now_ += any());
      ASSERT_LT(choice.place, 2);
      ASSERT_LE(choice.likely, kOne);
      if (i % 4 == 0) router_.Failed(choice.place, any(), i % 8 == 0);
      if (i % 4 != 0) router_.Answered(choice.place, {any(), any(), any(), any(), any()});
      if (choice.probe != kNoPlace) router_.Alive(choice.probe, any());
    }
  }
}

}  // namespace
}  // namespace covey::micro
