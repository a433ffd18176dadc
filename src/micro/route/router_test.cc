#include "micro/route/router.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace covey::micro {
namespace {

constexpr uint64_t kMs = 1'000'000;

// A board: exact, approximate, an agent over a link, and the cascade of first and agent.
class RouterTest : public testing::Test {
 protected:
  static constexpr uint8_t kExact = 0, kFast = 1, kAgent = 2, kCascade = 3;

  RouterTest() : router_(rows_, links_) {}

  Choice Ask(const Request& request) { return router_.Decide(request, now_ += 100 * kMs); }
  void AgentTook(uint32_t us) { router_.Answered(kAgent, {.total_us = us, .agent_us = 5'000}); }
  static Request Only(std::initializer_list<uint8_t> places, Request request = {}) {
    request.places = 0;
    for (uint8_t place : places) request.places |= 1U << place;
    return request;
  }

  Profile exact_{.accuracy = {8'600, 8'900, 9'150},
                 .compute = {107'000, 107'000, 107'000},
                 .energy_uj = 5'000};
  Profile fast_{.accuracy = {8'200, 8'500, 8'800},
                .compute = {60'000, 60'000, 60'000},
                .energy_uj = 3'000,
                .approximate = true};
  Profile agent_{.place = PlaceKind::kAgent,
                 .accuracy = {9'000, 9'260, 9'450},
                 .up_bytes = 3'150,
                 .down_bytes = 90,
                 .compute = {5'000, 6'000, 9'000},
                 .energy_uj = 100,
                 .energy_nj_per_byte = 3'000};
  Profile cascade_{.place = PlaceKind::kCascade,
                   .accuracy = {8'950, 9'220, 9'400},
                   .up_bytes = 3'150,
                   .kept = 7'000};
  RoutePlace rows_[4] = {{.profile = &exact_, .steady = true},
                         {.profile = &fast_, .steady = true},
                         {.profile = &agent_, .link = 0},
                         {.profile = &cascade_, .link = 0, .first = kExact, .then = kAgent}};
  LinkProfile links_[1] = {{.rtt_us = 6'000, .up_ns_per_byte = 400}};
  Router router_;
  uint64_t now_ = 1'000 * kMs;
};

TEST_F(RouterTest, TakesLessThanAKilobyte) { EXPECT_LE(sizeof(Router), 1'024U); }

TEST_F(RouterTest, TakesTheFastestWhenLatencyIsPreferred) {
  const Choice choice = Ask({.prefer = Prefer::kLatency});
  EXPECT_EQ(choice.place, kAgent);
  EXPECT_EQ(choice.reason, Reason::kBest);
  EXPECT_EQ(choice.expected_us, 6'000U + 1'260 + 5'000);
}

TEST_F(RouterTest, TakesTheMostAccurateThatIsInTime) {
  EXPECT_EQ(Ask({.max_latency_us = 200'000, .prefer = Prefer::kAccuracy}).place, kAgent);
  EXPECT_EQ(
      Ask(Only({kExact, kFast}, {.max_latency_us = 200'000, .prefer = Prefer::kAccuracy})).place,
      kExact);
  EXPECT_EQ(
      Ask(Only({kExact, kFast}, {.max_latency_us = 90'000, .prefer = Prefer::kAccuracy})).place,
      kFast);
}

TEST_F(RouterTest, TellsByThePriceWhatIsAsAccurateToAnEighthOfAPoint) {
  const Request request = Only({kExact, kFast}, {.prefer = Prefer::kAccuracy});
  fast_.accuracy.mid = 8'860;  // a variant that was measured 0.4 points below
  EXPECT_EQ(Router(rows_, links_).Decide(request, now_).place, kExact);
  fast_.accuracy.mid = 8'890;
  EXPECT_EQ(Router(rows_, links_).Decide(request, now_).place, kFast);
}

TEST_F(RouterTest, TakesTheMostFrugalThatIsAccurateEnough) {
  EXPECT_EQ(Ask(Only({kExact, kFast, kAgent}, {.prefer = Prefer::kEnergy})).place, kFast);
  EXPECT_EQ(Ask(Only({kExact, kFast}, {.min_accuracy = 8'600, .prefer = Prefer::kEnergy})).place,
            kExact);
}

TEST_F(RouterTest, LeavesOutWhatTheCallerDoesNotAccept) {
  EXPECT_EQ(Ask(Only({kExact, kFast}, {.approximate_ok = false})).place, kExact);
  EXPECT_EQ(Ask(Only({})).place, kNoPlace);
  EXPECT_EQ(Ask(Only({})).reason, Reason::kNone);
  EXPECT_EQ(Ask(Only({kExact})).reason, Reason::kOnlyPlace);
}

TEST_F(RouterTest, LeavesTimeForALocalAnswer) {
  const Choice choice =
      Ask(Only({kExact, kAgent}, {.deadline_us = 250'000, .prefer = Prefer::kAccuracy}));
  EXPECT_EQ(choice.place, kAgent);
  EXPECT_EQ(choice.backup, kExact);
  EXPECT_LE(choice.give_up_us, 250'000U - 107'000U);
  EXPECT_GT(choice.likely, 9'900);
}

TEST_F(RouterTest, SaysWhenNoPlaceIsLikelyToMeetTheRequest) {
  const Choice choice = Ask({.max_latency_us = 1'000});
  EXPECT_NE(choice.place, kNoPlace);
  EXPECT_EQ(choice.reason, Reason::kMostLikely);
  EXPECT_LT(choice.likely, 100);
}

TEST_F(RouterTest, LeavesAFailedAgentAloneAndAsksForASignOfLife) {
  const Request request = Only({kExact, kAgent}, {.deadline_us = 250'000});
  ASSERT_EQ(Ask(request).place, kAgent);
  router_.Failed(kAgent, 1'000, /*refused=*/true);
  int probes = 0;
  for (int i = 0; i < 20; ++i) {
    const Choice choice = Ask(request);
    EXPECT_EQ(choice.place, kExact);
    probes += choice.probe == kAgent;
  }
  EXPECT_GE(probes, 10);
  router_.Alive(kAgent, 6'000);
  EXPECT_EQ(Ask(request).place, kAgent);
}

TEST_F(RouterTest, TrustsSignsOfLifeLessAfterEachFailedTrial) {
  const Request request = Only({kExact, kAgent}, {.deadline_us = 250'000});
  router_.Failed(kAgent, 1'000, true);
  int trials = 0;
  for (int i = 0; i < 200; ++i) {
    router_.Alive(kAgent, 6'000);  // it accepts connections and never answers
    if (Ask(request).place != kAgent) continue;
    ++trials;
    router_.Failed(kAgent, 100'000, false);
  }
  EXPECT_GE(trials, 4);
  EXPECT_LE(trials, 20);
  EXPECT_TRUE(router_.distrust(kAgent) & kLatencyProfile);
}

TEST_F(RouterTest, AnOutageIsNoReproachToAProfile) {
  const Request request = Only({kExact, kAgent}, {.deadline_us = 250'000});
  for (int i = 0; i < 200; ++i)
    if (Ask(request).place == kAgent) router_.Failed(kAgent, 100'000, false);
  router_.Alive(kAgent, 6'000);
  ASSERT_EQ(Ask(request).place, kAgent);
  AgentTook(12'000);
  EXPECT_FALSE(router_.distrust(kAgent) & kLatencyProfile);
}

TEST_F(RouterTest, KeepsTryingAnAgentThatNothingReplaces) {
  const Request request = Only({kAgent}, {.deadline_us = 250'000, .fallback = false});
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Ask(request).place, kAgent);
    router_.Failed(kAgent, 250'000, false);
  }
}

TEST_F(RouterTest, OneSlowAnswerChangesNothingAndTwoDo) {
  const Request request = Only({kExact, kAgent}, {});
  for (int i = 0; i < 20; ++i) AgentTook(12'000);
  AgentTook(400'000);
  EXPECT_EQ(Ask(request).place, kAgent);
  AgentTook(400'000);
  AgentTook(400'000);
  EXPECT_EQ(Ask(request).place, kExact);
}

TEST_F(RouterTest, DoesNotFlapBetweenEquals) {
  fast_ = exact_;
  fast_.compute = {105'000, 105'000, 105'000};
  Router router(rows_, links_);
  int changes = 0;
  uint8_t last = kNoPlace;
  std::mt19937 random(1);
  for (int i = 0; i < 1'000; ++i) {
    const Choice choice = router.Decide(Only({kExact, kFast}), now_ += kMs);
    changes += last != kNoPlace && choice.place != last;
    last = choice.place;
    router.Answered(choice.place, {.total_us = static_cast<uint32_t>(103'000 + random() % 6'000)});
  }
  EXPECT_LE(changes, 20);
}

TEST_F(RouterTest, ExploringCostsAtMostASixtyFourthOfTheTime) {
  agent_.compute = {150'000, 150'000, 150'000};  // slower than the board, as stated
  Router router(rows_, links_);
  uint64_t all_us = 0, trials_us = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Choice choice = router.Decide(Only({kExact, kAgent}), now_ += kMs);
    const uint32_t us = choice.place == kAgent ? 157'000 : 107'000;
    all_us += us;
    if (choice.reason == Reason::kTrial) trials_us += us;
    router.Answered(choice.place, {.total_us = us});
  }
  EXPECT_GT(trials_us, 0U);
  EXPECT_LE(trials_us * 64, all_us + 64 * 157'000);
}

TEST_F(RouterTest, FindsOutThatAProfileIsTooPessimistic) {
  links_[0] = {.rtt_us = 100'000, .up_ns_per_byte = 7'000};  // truly 12 ms in all
  Router router(rows_, links_);
  int by_agent = 0;
  for (int i = 0; i < 2'000; ++i) {
    const Choice choice = router.Decide(Only({kExact, kAgent}), now_ += kMs);
    by_agent += choice.place == kAgent;
    const uint32_t us = choice.place == kAgent ? 12'000 : 107'000;
    router.Answered(choice.place,
                    {.total_us = us, .agent_us = choice.place == kAgent ? 5'000U : 0});
  }
  EXPECT_GT(by_agent, 800);
}

TEST_F(RouterTest, WeighsLoadHintsByWhatTheyWereWorth) {
  const Request request = Only({kExact, kAgent}, {});
  for (int i = 0; i < 40; ++i) {  // always promises ten seconds of waiting, and answers at once
    (void)Ask(request);
    router_.Answered(kAgent, {.total_us = 12'000, .agent_us = 5'000, .load_us = 10'000'000});
  }
  EXPECT_EQ(router_.distrust(kAgent) & kLoadHints, kLoadHints);
  for (int i = 0; i < 30; ++i) (void)Ask(Only({kExact}));
  EXPECT_EQ(Ask(request).place, kAgent);
}

TEST_F(RouterTest, AvoidsAnAgentThatSaysTrulyThatItIsBusy) {
  const Request request = Only({kExact, kAgent}, {});
  for (int i = 0; i < 10; ++i) {
    router_.Answered(
        kAgent, {.total_us = 512'000, .agent_us = 5'000, .queue_us = 500'000, .load_us = 500'000});
  }
  EXPECT_EQ(Ask(request).place, kExact);
  EXPECT_EQ(router_.distrust(kAgent) & kLoadHints, 0);
}

TEST_F(RouterTest, NoticesAnAgentThatClaimsMoreTimeThanPassed) {
  for (int i = 0; i < 10; ++i)
    router_.Answered(kAgent, {.total_us = 12'000, .agent_us = 4'000'000'000});
  EXPECT_EQ(router_.distrust(kAgent) & kLoadHints, kLoadHints);
  EXPECT_LT(router_.ExpectedUs(kAgent), 40'000U);
}

TEST_F(RouterTest, CapsAnAccuracyThatItsAnswersContradict) {
  for (int i = 0; i < 8; ++i) router_.Compared(kExact, kAgent, i == 0);
  EXPECT_EQ(router_.distrust(kAgent) & kAccuracyProfile, kAccuracyProfile);
  EXPECT_LT(router_.AccuracyOf(kAgent), 8'000);
  EXPECT_EQ(Ask(Only({kExact, kAgent}, {.prefer = Prefer::kAccuracy})).place, kExact);
}

TEST_F(RouterTest, BelievesAnAccuracyThatItsAnswersAllow) {
  for (int i = 0; i < 500; ++i) router_.Compared(kExact, kAgent, i % 9 != 0);
  EXPECT_EQ(router_.distrust(kAgent), 0);
}

TEST_F(RouterTest, SaysThatAProfilesLatencyIsWrong) {
  for (int i = 0; i < 20; ++i) router_.Answered(kFast, {.total_us = 300'000});
  EXPECT_EQ(router_.distrust(kFast) & kLatencyProfile, kLatencyProfile);
  EXPECT_EQ(Ask(Only({kExact, kFast})).place, kExact);
}

TEST_F(RouterTest, SaysThatTheClockJumped) {
  (void)router_.Decide({}, 1'000 * kMs);
  (void)router_.Decide({}, 10 * kMs);
  EXPECT_EQ(router_.distrust(kExact) & kClock, kClock);
}

TEST_F(RouterTest, TakesACascadeWhereItIsBest) {
  // Accurate enough with less sent than the agent, whose radio is dear here.
  agent_.energy_nj_per_byte = 10'000;
  exact_.energy_uj = 2'000;
  Router router(rows_, links_);
  const Request request{.min_accuracy = 8'950, .prefer = Prefer::kEnergy};
  EXPECT_EQ(router.Decide(request, now_).place, kCascade);
  router.Failed(kAgent, 0, true);
  EXPECT_NE(router.Decide(request, now_).place, kCascade);
}

TEST_F(RouterTest, PinnedPlacesAreKept) {
  EXPECT_EQ(Ask({.pinned = kExact}).place, kExact);
  EXPECT_EQ(Ask({.pinned = kAgent}).place, kAgent);
  EXPECT_EQ(Ask({.pinned = kExact}).reason, Reason::kPinned);
}

TEST_F(RouterTest, SurvivesAnyOrderOfEvents) {
  std::mt19937 random(7);
  for (int i = 0; i < 50'000; ++i) {
    const auto place = static_cast<uint8_t>(random() % 6);
    const auto us = static_cast<uint32_t>(random()) >> (random() % 32);
    switch (random() % 6) {
      case 0:
        router_.Answered(place, {us, us / 2, us / 3, static_cast<uint32_t>(random()), us});
        break;
      case 1:
        router_.Failed(place, us, random() % 2 == 0);
        break;
      case 2:
        router_.Alive(place, us);
        break;
      case 3:
        router_.Compared(kExact, place, random() % 2 == 0);
        break;
      default:
        now_ = random() % 50 == 0 ? random() : now_ + us;
        const Request request{.max_latency_us = random() % 2 ? us : 0,
                              .deadline_us = random() % 2 ? static_cast<uint32_t>(random()) : 0,
                              .min_accuracy = static_cast<uint16_t>(random() % 11'000),
                              .prefer = static_cast<Prefer>(random() % 3),
                              .late_ok = random() % 2 == 0};
        const Choice choice = router_.Decide(request, now_);
        ASSERT_LT(choice.place, 4);
        ASSERT_LE(choice.likely, kOne);
        ASSERT_LE(choice.accuracy, kOne);
    }
  }
}

TEST(ReasonText, HasWordsForAll) {
  for (uint8_t reason = 0; reason <= 6; ++reason)
    EXPECT_GT(std::strlen(ReasonText(static_cast<Reason>(reason))), 5U);
  for (Distrust bit : {kLatencyProfile, kAccuracyProfile, kLoadHints, kClock})
    EXPECT_GT(std::strlen(DistrustText(bit)), 5U);
}

}  // namespace
}  // namespace covey::micro
