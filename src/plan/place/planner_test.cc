#include "plan/place/planner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/host/stride.hpp"
#include "plan/cost/well_known.hpp"
#include "plan/place/brute_force.hpp"

namespace covey::plan {
namespace {

Space FourArrays(const std::vector<const char*>& models, double bit_s) {
  Space space;
  for (const char* name : {"glasses", "watch", "earbud", "ring"}) {
    space.devices.push_back({name, *BuiltInPart("max78000")});
  }
  space.links.assign(16, {bit_s, 1e-3});
  int at = 0;
  for (const char* model : models) {
    space.tenants.push_back({.name = model, .model = *WellKnown(model)});
    space.tenants.back().sources = {at % 4};
    space.tenants.back().targets = {(at + 1) % 4};
    ++at;
  }
  return space;
}

TEST(Planner, EqualsBruteForceOn500RandomSmallSpaces) {
  int placed = 0, refused = 0, packed = 0;
  constexpr int kSpaces = 500 / Stride(5);
  for (uint64_t seed = 1; seed <= kSpaces; ++seed) {
    const Space space = RandomSpace(seed);
    const double best = BruteForceBest(space);
    const Answer answer = MakePlan(space, {});
    if (best == kNever) {
      ASSERT_FALSE(answer.refused.empty()) << seed;
      for (const Refusal& refusal : answer.refused) EXPECT_FALSE(refusal.reason.empty()) << seed;
      ++refused;
      continue;
    }
    ASSERT_TRUE(answer.refused.empty()) << seed << ": " << answer.refused[0].reason;
    ASSERT_TRUE(answer.optimal) << seed;
    ASSERT_NEAR(answer.objective_s, best, 1e-9 * best) << seed;
    ++placed;
    if (space.memory == Memory::kPacked) ++packed;
  }
  EXPECT_GT(placed, kSpaces * 2 / 5);
  EXPECT_GT(refused, kSpaces / 25);
  EXPECT_GT(packed, kSpaces * 4 / 25);
}

TEST(Planner, NoBaselineIsBetterAndNoBoundIsAbove) {
  for (uint64_t seed = 1000; seed < 1060; ++seed) {
    const Space space = RandomSpace(seed);
    const Answer exact = MakePlan(space, {});
    if (!exact.refused.empty()) continue;
    EXPECT_LE(exact.bound_s, exact.objective_s);
    for (Policy policy : Policies()) {
      const Answer answer = MakePlan(space, {.policy = policy});
      if (!answer.placed) {
        EXPECT_FALSE(answer.out_of_resource.empty()) << seed << " " << answer.policy;
        continue;
      }
      EXPECT_GE(answer.objective_s, exact.objective_s * (1 - 1e-9)) << seed << answer.policy;
    }
  }
}

TEST(Planner, ReplicasAreNeverWorse) {
  int better = 0;
  for (uint64_t seed = 2000; seed < 2040; ++seed) {
    const Space space = RandomSpace(seed);
    const Answer one = MakePlan(space, {});
    const Answer many = MakePlan(space, {.replicas = true});
    if (!one.placed) continue;
    EXPECT_LE(many.objective_s, one.objective_s) << seed;
    EXPECT_LE(many.bound_s, many.objective_s * (1 + 1e-9)) << seed;
    for (const UnitLoad& unit : many.units) EXPECT_LE(unit.busy_part, 1 + 1e-6) << seed;
    if (many.objective_s < one.objective_s * 0.99) ++better;
  }
  EXPECT_GT(better, 3);
}

Space Extended(Space space) {
  const int n = space.size();
  Space more = space;
  more.devices.push_back({"extra", *BuiltInPart("max78000")});
  more.links.assign(static_cast<size_t>(n + 1) * (n + 1), {5e6, 1e-4});
  for (int a = 0; a < n; ++a) {
    for (int b = 0; b < n; ++b) more.links[a * (n + 1) + b] = space.LinkOf(a, b);
  }
  return more;
}

TEST(Planner, AnotherDeviceNeverHurts) {
  for (uint64_t seed = 3000; seed < 3040; ++seed) {
    const Space space = RandomSpace(seed);
    const Answer before = MakePlan(space, {});
    if (!before.refused.empty()) continue;
    const Answer after = MakePlan(Extended(space), {});
    EXPECT_LE(after.objective_s, before.objective_s * (1 + 1e-9)) << seed;
  }
}

TEST(Planner, MoreMemoryOrBandwidthNeverHurts) {
  for (uint64_t seed = 4000; seed < 4040; ++seed) {
    const Space space = RandomSpace(seed);
    const Answer before = MakePlan(space, {});
    if (!before.refused.empty()) continue;
    Space roomy = space, fast = space;
    for (Device& device : roomy.devices) {
      device.part.capacity.weight_bytes *= 2;
      device.part.capacity.columns += 64;
      device.part.capacity.layers += 4;
    }
    for (Link& link : fast.links) link.bit_s *= 3;
    EXPECT_LE(MakePlan(roomy, {}).objective_s, before.objective_s * (1 + 1e-9)) << seed;
    EXPECT_LE(MakePlan(fast, {}).objective_s, before.objective_s * (1 + 1e-9)) << seed;
  }
}

TEST(Planner, OrderOfDevicesDoesNotMatter) {
  for (uint64_t seed = 5000; seed < 5040; ++seed) {
    const Space space = RandomSpace(seed);
    const int n = space.size();
    Space turned = space;
    const auto to = [n](int d) { return n - 1 - d; };
    for (int a = 0; a < n; ++a) {
      turned.devices[to(a)] = space.devices[a];
      for (int b = 0; b < n; ++b) turned.links[to(a) * n + to(b)] = space.LinkOf(a, b);
    }
    for (Tenant& tenant : turned.tenants) {
      for (int& source : tenant.sources) source = to(source);
      for (int& target : tenant.targets) target = to(target);
    }
    const Answer a = MakePlan(space, {}), b = MakePlan(turned, {});
    ASSERT_EQ(a.refused.size(), b.refused.size()) << seed;
    EXPECT_NEAR(a.objective_s, b.objective_s, 1e-9 * a.objective_s) << seed;
  }
}

TEST(Planner, OneTenantOverFreeLinksMeetsTheTrivialBound) {
  for (const char* model : {"KWS", "SimpleNet", "ResSimpleNet"}) {
    Space space = FourArrays({model}, 1e15);
    for (Link& link : space.links) link.overhead_s = 0;
    const Answer answer = MakePlan(space, {});
    double all = 0, largest = 0;
    for (const Layer& layer : WellKnown(model)->layers) {
      const double seconds = *LayerSeconds(*BuiltInPart("max78000"), layer);
      all += seconds;
      largest = std::max(largest, seconds);
    }
    EXPECT_GE(answer.objective_s, std::max(largest, all / 4) * (1 - 1e-9));
    EXPECT_TRUE(answer.optimal);
  }
}

TEST(Planner, PlacesTheLargeModelsWhereTheAuthorsCutThem) {
  Space space = FourArrays({"MobileNetV2"}, 10e6);
  space.max_segments = 4;
  const Answer mobile = MakePlan(space, {});
  EXPECT_TRUE(mobile.refused.empty());
  space = FourArrays({"EfficientNetV2"}, 10e6);
  space.max_segments = 2;
  EXPECT_TRUE(MakePlan(space, {}).refused.empty());
}

TEST(Planner, RefusesWhatNoSpaceHoldsWithReasonAndRemedy) {
  Space space = FourArrays({"MobileNetV2"}, 10e6);
  space.max_segments = 2;
  Answer answer = MakePlan(space, {});
  ASSERT_EQ(answer.refused.size(), 1u);
  EXPECT_NE(answer.refused[0].reason.find("chunks"), std::string::npos);
  EXPECT_NE(answer.refused[0].nearest.find("max_segments"), std::string::npos);
  space.devices.resize(1);
  space.links.resize(1);
  space.tenants[0].targets = {0};
  answer = MakePlan(space, {});
  ASSERT_EQ(answer.refused.size(), 1u);
  EXPECT_NE(answer.refused[0].reason.find("too many"), std::string::npos)
      << answer.refused[0].reason;
  EXPECT_FALSE(answer.refused[0].nearest.empty());
}

TEST(Planner, DropsTheLightestWhenTheyDoNotFitTogether) {
  Space space = FourArrays({"ResSimpleNet", "ResSimpleNet", "WideNet"}, 10e6);
  space.devices.resize(2);
  space.links.assign(4, {10e6, 1e-3});
  for (Tenant& tenant : space.tenants) tenant.sources = tenant.targets = {};
  space.tenants[1].weight = 0.5;
  const Answer answer = MakePlan(space, {});
  ASSERT_EQ(answer.refused.size(), 1u);
  EXPECT_EQ(answer.refused[0].tenant, 1);
  EXPECT_EQ(answer.pipelines.size(), 2u);
}

TEST(Planner, KeepsLatencyBounds) {
  Space space = FourArrays({"KWS", "SimpleNet"}, 10e6);
  const Answer loose = MakePlan(space, {});
  space.tenants[1].latency_slo_s = loose.pipelines[1].latency_s * 0.999;
  const Answer tight = MakePlan(space, {});
  if (tight.refused.empty()) {
    EXPECT_LE(tight.pipelines[1].latency_s, space.tenants[1].latency_slo_s);
  }
  space.tenants[1].latency_slo_s = 1e-6;
  const Answer none = MakePlan(space, {});
  ASSERT_EQ(none.refused.size(), 1u);
  EXPECT_NE(none.refused[0].reason.find("latency bound"), std::string::npos);
}

TEST(Planner, LeastEnergyKeepsTheRates) {
  Space space = FourArrays({"KWS", "SimpleNet", "WideNet"}, 10e6);
  for (Tenant& tenant : space.tenants) tenant.rate_floor_hz = 5;
  const Answer fast = MakePlan(space, {});
  space.objective = Objective::kEnergy;
  const Answer frugal = MakePlan(space, {});
  ASSERT_TRUE(frugal.refused.empty());
  EXPECT_TRUE(frugal.optimal);
  double most = 0, of_fast = 0;
  for (const UnitLoad& unit : frugal.units) most = std::max(most, unit.busy_part);
  EXPECT_LE(most, 1 + 1e-9);
  for (const PipelineAnswer& p : fast.pipelines) of_fast += 5 * p.routes[0].energy_mj;
  double of_frugal = 0;
  for (const PipelineAnswer& p : frugal.pipelines) of_frugal += 5 * p.routes[0].energy_mj;
  EXPECT_LE(of_frugal, of_fast * (1 + 1e-9));
}

TEST(Planner, OutOfTimeStillAnswersWithAPlanAndABound) {
  const Space space = FourArrays({"KWS", "SimpleNet", "WideNet", "ConvNet", "ResSimpleNet"}, 1e6);
  const Answer best = MakePlan(space, {});
  ASSERT_TRUE(best.optimal);
  for (int calls : {0, 5, 50, 500}) {
    int left = calls;
    const PlanOptions options{.spent = [&left] { return left-- > 0 ? 0.0 : 1.0; }};
    const Answer answer = MakePlan(space, options);
    ASSERT_TRUE(answer.placed) << calls;
    EXPECT_TRUE(answer.refused.empty()) << calls;
    EXPECT_GT(answer.bound_s, 0) << calls;
    EXPECT_LE(answer.bound_s, best.objective_s * (1 + 1e-9)) << calls;
    EXPECT_GE(answer.objective_s, best.objective_s * (1 - 1e-9)) << calls;
  }
}

TEST(Planner, StartsFromThePlanInForceWhereverItsCutsAre) {
  Space space = FourArrays({"UNet", "WideNet", "KWS"}, 10e6);
  const Answer before = MakePlan(space, {});
  ASSERT_TRUE(before.optimal);
  PlanOptions options{.spent = [] { return 1.0; }};
  for (const PipelineAnswer& pipeline : before.pipelines) {
    options.start.push_back(pipeline.routes[0].plan);
  }
  EXPECT_NEAR(MakePlan(space, options).objective_s, before.objective_s, 1e-9);
}

TEST(Planner, RefusesAtOnceWhatNoPackingOfAllColumnsHolds) {
  // Its area is 98 % of four arrays, but what is wide leaves strips that nothing fits.
  const Answer answer =
      MakePlan(FourArrays({"ResSimpleNet", "WideNet", "ResSimpleNet", "EfficientNetV2"}, 10e6), {});
  ASSERT_EQ(answer.refused.size(), 1u);
  EXPECT_NE(answer.refused[0].reason.find("columns, the whole space has 3072"), std::string::npos)
      << answer.refused[0].reason;
}

std::vector<TenantPlan> PlansOf(const Answer& answer) {
  std::vector<TenantPlan> plans;
  for (const PipelineAnswer& pipeline : answer.pipelines) plans.push_back(pipeline.routes[0].plan);
  return plans;
}

TEST(Planner, MovesOnlyWhatPaysForItself) {
  // Two devices are planned for, then two more are there: with little time nothing is to move.
  Space space = FourArrays({"KWS", "SimpleNet", "WideNet"}, 10e6);
  for (Tenant& tenant : space.tenants) tenant.sources.clear(), tenant.targets.clear();
  Space small = space;
  for (int d : {2, 3}) small.devices[d].part.capacity.layers = 0;
  const Answer before = MakePlan(small, {});
  const Answer best = MakePlan(space, {});
  ASSERT_LT(best.objective_s, 0.99 * before.objective_s);
  PlanOptions options{.start = PlansOf(before)};
  options.uptime_s = 0.01;
  const Answer soon = MakePlan(space, options);
  EXPECT_EQ(soon.move_s, 0);
  EXPECT_EQ(PlansOf(soon), PlansOf(before));
  EXPECT_LE(soon.bound_s, best.objective_s * (1 + 1e-9));
  options.uptime_s = 3600;
  const Answer late = MakePlan(space, options);
  EXPECT_GT(late.move_s, 0);
  EXPECT_LT(late.objective_s, best.objective_s * 1.05);
}

TEST(Planner, APromiseThatNoPlanKeepsIsRefusedAloneWithOneThatIsKept) {
  Space space = FourArrays({"KWS", "SimpleNet"}, 1e6);
  space.tenants[0].rate_floor_hz = 5000;
  Answer answer = MakePlan(space, {});
  ASSERT_EQ(answer.refused.size(), 1u);
  EXPECT_EQ(answer.refused[0].tenant, 0);
  EXPECT_TRUE(answer.refused[0].alone);
  const std::string& nearest = answer.refused[0].nearest;
  ASSERT_EQ(nearest.rfind("rate_hz = ", 0), 0u) << nearest;
  Space alone = FourArrays({"KWS"}, 1e6);
  alone.tenants[0].rate_floor_hz = 0.999 * std::stod(nearest.substr(10));
  EXPECT_TRUE(MakePlan(alone, {}).refused.empty());
}

TEST(Planner, ALatencyThatNoPlanKeepsIsRefusedWithOneThatIsKept) {
  Space space = FourArrays({"KWS"}, 1e6);
  space.tenants[0].latency_slo_s = 5e-4;
  const Answer answer = MakePlan(space, {});
  ASSERT_EQ(answer.refused.size(), 1u);
  const std::string& nearest = answer.refused[0].nearest;
  const size_t at = nearest.find("latency_ms = ");
  ASSERT_NE(at, std::string::npos) << nearest;
  space.tenants[0].latency_slo_s = std::stod(nearest.substr(at + 13)) / 1e3;
  EXPECT_TRUE(MakePlan(space, {}).refused.empty());
}

TEST(Planner, SaysWhatLimits) {
  const Answer answer = MakePlan(FourArrays({"KWS", "SimpleNet"}, 1e6), {});
  ASSERT_EQ(answer.explain.size(), 3u);
  EXPECT_NE(answer.explain[0].find("limited by"), std::string::npos);
}

TEST(Planner, ManyDevicesAndTenantsHaveABound) {
  Space space;
  for (int d = 0; d < 24; ++d) {
    space.devices.push_back({"d" + std::to_string(d), *BuiltInPart("max78000")});
  }
  space.links.assign(24 * 24, {10e6, 1e-3});
  const char* models[] = {"KWS", "SimpleNet", "WideNet", "ConvNet"};
  for (int t = 0; t < 21; ++t) {
    space.tenants.push_back({.name = "t" + std::to_string(t), .model = *WellKnown(models[t % 4])});
    space.tenants.back().sources = {t};
    space.tenants.back().targets = {(t + 5) % 24};
  }
  const Answer answer = MakePlan(space, {});
  ASSERT_TRUE(answer.refused.empty());
  EXPECT_GT(answer.bound_s, 0);
  EXPECT_LE(answer.bound_s, answer.objective_s);
  EXPECT_LT(answer.objective_s, 2 * answer.bound_s);
}

}  // namespace
}  // namespace covey::plan
