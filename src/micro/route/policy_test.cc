#include "micro/route/policy.hpp"

#include <gtest/gtest.h>

namespace covey::micro {
namespace {

constexpr uint64_t kMs = 1'000'000;

TEST(AgentPolicy, KeepsHalfTheDeadlineUntilLocalLatencyIsKnown) {
  AgentPolicy policy;
  const Attempt attempt = policy.Plan(1000 * kMs, 1100 * kMs, true);
  EXPECT_TRUE(attempt.go);
  EXPECT_EQ(attempt.deadline_ns, 1050 * kMs);
}

TEST(AgentPolicy, KeepsTheMeasuredLocalLatencyAndSomeRoom) {
  AgentPolicy policy;
  policy.LocalTook(16 * kMs);
  EXPECT_EQ(policy.Plan(0, 100 * kMs, true).deadline_ns, (100 - 16 - 2 - 1) * kMs);
}

TEST(AgentPolicy, GivesTheAgentEverythingWithoutFallback) {
  AgentPolicy policy;
  policy.LocalTook(16 * kMs);
  EXPECT_EQ(policy.Plan(0, 100 * kMs, false).deadline_ns, 100 * kMs);
}

TEST(AgentPolicy, GivesTheAgentEverythingWhereLocalCannotFit) {
  AgentPolicy policy;
  policy.LocalTook(200 * kMs);
  EXPECT_EQ(policy.Plan(0, 100 * kMs, true).deadline_ns, 100 * kMs);
  EXPECT_FALSE(policy.LocalFits(0, 100 * kMs));
}

TEST(AgentPolicy, PlansNothingAfterTheDeadline) {
  AgentPolicy policy;
  EXPECT_FALSE(policy.Plan(100, 100, true).go);
  EXPECT_FALSE(policy.Plan(101, 100, false).go);
  EXPECT_FALSE(policy.LocalFits(100, 100));
}

TEST(AgentPolicy, AgentDeadlineIsWithinTheCallersForEveryHistory) {
  for (uint64_t local_ns : {uint64_t{0}, uint64_t{1}, kMs, 49 * kMs, 99 * kMs, 101 * kMs}) {
    for (uint64_t window_ns : {uint64_t{1}, uint64_t{1000}, kMs, 50 * kMs, 100 * kMs}) {
      AgentPolicy policy;
      policy.LocalTook(local_ns);
      const Attempt attempt = policy.Plan(7, 7 + window_ns, true);
      EXPECT_TRUE(attempt.go);
      EXPECT_GT(attempt.deadline_ns, 7U);
      EXPECT_LE(attempt.deadline_ns, 7 + window_ns);
    }
  }
}

TEST(AgentPolicy, LearnsUpAtOnceAndDownSlowly) {
  AgentPolicy policy;
  policy.LocalTook(80);
  EXPECT_EQ(policy.local_ns(), 80U);
  policy.LocalTook(160);
  EXPECT_EQ(policy.local_ns(), 160U);
  policy.LocalTook(80);
  EXPECT_EQ(policy.local_ns(), 150U);
}

TEST(AgentPolicy, OneSlowRunDoesNotRuleOutLocalForEver) {
  AgentPolicy policy;
  policy.LocalTook(10'000 * kMs);
  int refused = 0;
  while (!policy.LocalFits(0, 100 * kMs) && refused < 1000) {
    policy.LocalSkipped();
    ++refused;
  }
  EXPECT_GT(refused, 10);
  EXPECT_LT(refused, 50);
}

TEST(AgentPolicy, LeavesAFailedAgentAloneForAGrowingTime) {
  AgentPolicy policy;
  uint64_t now = 1000 * kMs;
  for (uint64_t pause : {100 * kMs, 200 * kMs, 400 * kMs, 800 * kMs, 1600 * kMs, 3200 * kMs,
                         5000 * kMs, 5000 * kMs}) {
    policy.AgentFailed(now);
    EXPECT_FALSE(policy.Plan(now + pause - 1, now + pause + kMs, true).go);
    EXPECT_TRUE(policy.Plan(now + pause, now + pause + kMs, true).go);
    now += pause;
  }
}

TEST(AgentPolicy, TriesAFailedAgentForACallerWithoutFallback) {
  AgentPolicy policy;
  policy.AgentFailed(0);
  EXPECT_TRUE(policy.Plan(1, kMs, false).go);
}

TEST(AgentPolicy, ForgetsFailuresOnceTheAgentAnswers) {
  AgentPolicy policy;
  policy.AgentFailed(0);
  policy.AgentFailed(0);
  policy.AgentAnswered();
  EXPECT_TRUE(policy.Plan(1, kMs, true).go);
  policy.AgentFailed(kMs);
  EXPECT_TRUE(policy.Plan(kMs + AgentPolicy::kFirstPauseNs, 1000 * kMs, true).go);
}

TEST(AgentPolicy, SurvivesEndlessFailures) {
  AgentPolicy policy;
  for (int i = 0; i < 100'000; ++i) policy.AgentFailed(0);
  EXPECT_TRUE(policy.Plan(AgentPolicy::kLongestPauseNs, UINT64_MAX, true).go);
}

}  // namespace
}  // namespace covey::micro
