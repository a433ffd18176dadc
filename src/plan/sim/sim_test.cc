#include "plan/sim/sim.hpp"

#include <gtest/gtest.h>

#include "plan/cost/well_known.hpp"
#include "plan/place/brute_force.hpp"

namespace covey::plan {
namespace {

Space Body(double bit_s = 10e6) {
  Space space;
  for (const char* name : {"glasses", "watch", "earbud", "ring"}) {
    space.devices.push_back({name, *BuiltInPart("max78000")});
  }
  space.links.assign(16, {bit_s, 1e-3});
  int at = 0;
  for (const char* model : {"KWS", "SimpleNet", "WideNet"}) {
    space.tenants.push_back({.name = model, .model = *WellKnown(model)});
    space.tenants.back().sources = {at};
    space.tenants.back().targets = {(at + 1) % 3};
    ++at;
  }
  return space;
}

TEST(Simulate, ReachesWhatThePlanSaysAndNeverMore) {
  int simulated = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Space space = RandomSpace(seed);
    const Answer answer = MakePlan(space, {});
    if (!answer.placed || !answer.refused.empty()) continue;
    const SimReport report = Simulate(space, {.duration_s = 6000 * answer.objective_s});
    EXPECT_LE(report.throughput_hz, (1 + 1e-9) / answer.objective_s) << seed;
    EXPECT_GE(report.throughput_hz, 0.99 / answer.objective_s) << seed;
    ++simulated;
  }
  EXPECT_GT(simulated, 20);
}

TEST(Simulate, ReachesWhatReplicasPromise) {
  for (const double bit_s : {1e6, 10e6, 100e6}) {
    SimOptions options{.duration_s = 60};
    options.plan.replicas = true;
    const SimReport report = Simulate(Body(bit_s), options);
    EXPECT_LE(report.throughput_hz, report.planned_hz * (1 + 1e-9)) << bit_s;
    EXPECT_GE(report.throughput_hz, 0.97 * report.planned_hz) << bit_s;
  }
}

TEST(Simulate, TheSameSeedGivesTheSameRun) {
  SimOptions options{.duration_s = 5, .jitter = 0.2};
  const SimReport a = Simulate(Body(), options), b = Simulate(Body(), options);
  options.seed = 2;
  const SimReport c = Simulate(Body(), options);
  EXPECT_EQ(a.events, b.events);
  EXPECT_EQ(a.throughput_hz, b.throughput_hz);
  EXPECT_EQ(a.pipelines[1].latency_mean_s, b.pipelines[1].latency_mean_s);
  EXPECT_NE(a.pipelines[1].latency_mean_s, c.pipelines[1].latency_mean_s);
}

TEST(Simulate, ALoneRunTakesThePlansLatency) {
  Space space = Body();
  space.tenants.resize(1);
  const Answer answer = MakePlan(space, {});
  const SimReport report = Simulate(space, {.duration_s = 10});
  EXPECT_GE(report.pipelines[0].latency_p50_s, answer.pipelines[0].latency_s * (1 - 1e-6));
}

TEST(Simulate, ALeavingDeviceIsPlannedAroundAndNothingIsLost) {
  Space space = Body();
  for (Tenant& tenant : space.tenants) tenant.targets = {};
  SimOptions options{.duration_s = 60};
  options.events = {{20, Change::kLeave, 3}, {30, Change::kLeave, 2}};
  const SimReport report = Simulate(space, options);
  ASSERT_GE(report.epochs.size(), 2u);
  const SimEpoch& last = report.epochs.back();
  EXPECT_EQ(last.reason, "leave earbud");
  EXPECT_GT(last.measured_hz, 0.95 * last.planned_hz);
  ASSERT_EQ(last.refused.size(), 1u);  // Its source is gone.
  for (const PipelineAnswer& pipeline : report.last.pipelines) {
    for (const Chunk& chunk : pipeline.routes[0].plan.chunks) EXPECT_LT(chunk.device, 2);
  }
}

TEST(Simulate, AJoiningDeviceIsTakenOnlyIfItPays) {
  Space space = Body();
  for (Tenant& tenant : space.tenants) tenant.sources = tenant.targets = {};
  space.tenants.resize(2);
  SimOptions options{.duration_s = 60, .expected_uptime_s = 600};
  options.events = {{10, Change::kJoin, 1}, {10, Change::kJoin, 2}, {10, Change::kJoin, 3}};
  const SimReport report = Simulate(space, options);
  ASSERT_GE(report.epochs.size(), 2u);
  EXPECT_GT(report.epochs.back().planned_hz, 1.2 * report.epochs.front().planned_hz);
  options.expected_uptime_s = 0.01;
  EXPECT_EQ(Simulate(space, options).epochs.size(), 1u);
}

TEST(Simulate, ASlowLinkIsPlannedAround) {
  SimOptions options{.duration_s = 60};
  for (int a = 0; a < 4; ++a) {
    for (int b = a + 1; b < 4; ++b) options.events.push_back({10, Change::kLink, a, b, 2e5});
  }
  const SimReport report = Simulate(Body(), options);
  EXPECT_LT(report.throughput_hz, report.planned_hz);
  EXPECT_FALSE(report.notes.empty());
}

TEST(Simulate, AllDevicesGoneIsAnEmptySpace) {
  SimOptions options{.duration_s = 5};
  for (int d = 0; d < 4; ++d) options.events.push_back({1, Change::kLeave, d});
  const SimReport report = Simulate(Body(), options);
  EXPECT_FALSE(report.last.placed);
}

TEST(ParseSimEvent, ReadsTheThreeKindsAndRefusesTheRest) {
  const Space space = Body();
  std::string problem;
  EXPECT_EQ(ParseSimEvent(space, "leave:watch@20s", problem)->device, 1);
  EXPECT_DOUBLE_EQ(ParseSimEvent(space, "join:ring@500ms", problem)->at_s, 0.5);
  EXPECT_DOUBLE_EQ(ParseSimEvent(space, "slow:watch-ring=500@3", problem)->bit_s, 5e5);
  for (const char* text : {"", "leave", "leave:watch", "leave:clock@2s", "leave:watch@-2s",
                           "slow:watch@2s", "slow:watch-watch=5@2s", "explode:watch@2s", "@:@"}) {
    EXPECT_FALSE(ParseSimEvent(space, text, problem).ok()) << text;
    EXPECT_NE(problem.find("expected"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace covey::plan
