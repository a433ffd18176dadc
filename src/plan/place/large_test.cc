#include "plan/place/large.hpp"

#include <gtest/gtest.h>

#include "plan/cost/well_known.hpp"
#include "plan/place/brute_force.hpp"
#include "plan/place/chain.hpp"
#include "plan/place/large_bound.hpp"
#include "plan/place/repair.hpp"

namespace covey::plan {
namespace {

std::vector<int> AllOf(const Space& space) {
  std::vector<int> all;
  for (int t = 0; t < static_cast<int>(space.tenants.size()); ++t) all.push_back(t);
  return all;
}

Space ManyArrays(int devices, int tenants) {
  Space space;
  for (int d = 0; d < devices; ++d) {
    space.devices.push_back({"d" + std::to_string(d), *BuiltInPart("max78000")});
  }
  space.links.assign(static_cast<size_t>(devices) * devices, {10e6, 1e-3});
  const char* models[] = {"KWS", "SimpleNet", "WideNet", "ConvNet", "ResSimpleNet"};
  for (int t = 0; t < tenants; ++t) {
    space.tenants.push_back({.name = "t" + std::to_string(t), .model = *WellKnown(models[t % 5])});
    space.tenants.back().sources = {t * 7 % devices};
    space.tenants.back().targets = {t * 5 % devices};
  }
  return space;
}

TEST(LargeBound, IsNeverAboveTheBest) {
  int sharper = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const Space space = RandomSpace(seed);
    const double best = BruteForceBest(space);
    if (best == kNever) continue;
    const Costs costs(space);
    const std::vector<int> all = AllOf(space);
    LargeBound bound(costs, all);
    bound.Explore({}, {});
    const double first = bound.value();
    bound.Sharpen(1.5 * best, {});
    EXPECT_LE(bound.value(), best * (1 + 1e-6)) << seed;
    if (bound.value() > first * 1.05) ++sharper;
  }
  EXPECT_GT(sharper, 40);
}

TEST(Repair, KeepsEveryLimitAndOnlyBetters) {
  const Space space = ManyArrays(12, 10);
  const Costs costs(space);
  MemoryCheck memory(costs);
  // To begin with everything runs on a device of its own.
  std::vector<TenantPlan> plans;
  for (int t : AllOf(space)) {
    const Tenant& tenant = space.tenants[t];
    const int device = t;
    plans.push_back({.tenant = t,
                     .source = tenant.sources[0],
                     .target = tenant.targets[0],
                     .chunks = {{device, 0, tenant.model.size()}}});
  }
  ASSERT_TRUE(memory.Fits(plans));
  Repair repair(costs, memory, plans);
  const double before = repair.value();
  repair.Run({.rounds = 400});
  EXPECT_LT(repair.value(), before);
  EXPECT_TRUE(memory.Fits(repair.plans()));
  for (const TenantPlan& plan : repair.plans()) EXPECT_TRUE(IsOption(costs, plan));
  EXPECT_NEAR(Judge(costs, repair.plans()).objective_s, repair.value(), 1e-12);
}

TEST(BestChain, AlikeLinksAreAShortCutAndNothingElse) {
  // One more device with another link, which is not to be used: the general way then.
  const Space alike = ManyArrays(6, 5);
  Space other = ManyArrays(7, 5);
  for (int t = 0; t < 5; ++t) other.tenants[t] = alike.tenants[t];
  other.links[6] = other.links[42] = {1e3, 1};
  const Costs costs(alike), others(other);
  ASSERT_NE(costs.one_link(), nullptr);
  ASSERT_EQ(others.one_link(), nullptr);
  const std::vector<int> first = {0, 1, 2, 3, 4, 5};
  for (int t = 0; t < 5; ++t) {
    std::vector<double> prices;
    for (int u = 0; u < UnitCount(other); ++u) prices.push_back(0.1 + (u * 37 + t) % 11);
    const std::vector<double> room(prices.size(), t % 2 == 0 ? kNever : 6e-3);
    const double a = BestChain(costs, t, prices, {.room = room}).cost;
    const double b = BestChain(others, t, prices, {.room = room, .devices = first}).cost;
    EXPECT_NEAR(a, b, 1e-12) << t;
  }
}

TEST(PlanLarge, SixtyDevicesAreWithinAQuarterOfTheBound) {
  const Space space = ManyArrays(60, 30);
  const Costs costs(space);
  MemoryCheck memory(costs);
  const ExactResult found = PlanLarge(costs, memory, AllOf(space), {});
  ASSERT_EQ(found.plans.size(), 30u);
  EXPECT_TRUE(memory.Fits(found.plans));
  EXPECT_GT(found.bound, 0);
  EXPECT_LE(found.value, 1.25 * found.bound);
}

}  // namespace
}  // namespace covey::plan
