#include "serve/space/foresight.hpp"

#include <gtest/gtest.h>

#include "plan/cost/well_known.hpp"

namespace covey::serve {
namespace {

plan::Space Four() {
  plan::Space space;
  for (const char* name : {"earbud", "glasses", "ring", "watch"})
    space.devices.push_back({name, *plan::BuiltInPart("max78000")});
  space.links.assign(16, {10e6, 1e-3});
  int at = 0;
  for (const char* model : {"KWS", "SimpleNet", "WideNet", "ConvNet"}) {
    space.tenants.push_back({.name = model, .model = *plan::WellKnown(model)});
    space.tenants.back().sources = {at};
    space.tenants.back().targets = {(at + 1) % 4};
    at = (at + 1) % 3;
  }
  return space;
}

std::vector<plan::TenantPlan> Placed(const SpacePlan& plan) {
  std::vector<plan::TenantPlan> placed;
  for (const plan::TenantPlan& tenant : plan.tenants)
    if (!tenant.chunks.empty()) placed.push_back(tenant);
  return placed;
}

TEST(Foresight, AnswersALeaveFromItsBook) {
  const plan::Space space = Four();
  Foresight foresight({});
  (void)foresight.Plan(space, {});
  foresight.WaitUntilIdle();
  EXPECT_EQ(foresight.foreseen(), 0);
  const plan::Space left = WithoutDevice(space, 2);
  ASSERT_EQ(left.tenants.size(), 2U);  // Two had the ring as their source or target.
  const SpacePlan plan = foresight.Plan(left, {});
  EXPECT_EQ(foresight.foreseen(), 1);
  EXPECT_TRUE(plan.optimal);
  EXPECT_EQ(Placed(plan).size(), 2U);
  EXPECT_NEAR(plan.objective_s, plan::MakePlan(left, {}).objective_s, 1e-9);
}

TEST(Foresight, GoesOnBetteringWhatItAnsweredInHaste) {
  Foresight foresight({.answer_s = 0});
  const SpacePlan hasty = foresight.Plan(Four(), {});
  ASSERT_FALSE(hasty.optimal);
  ASSERT_EQ(Placed(hasty).size(), 4U);
  foresight.WaitUntilIdle();
  EXPECT_TRUE(foresight.TakeBetter());
  EXPECT_FALSE(foresight.TakeBetter());
  const SpacePlan later = foresight.Plan(Four(), Placed(hasty));
  EXPECT_TRUE(later.optimal);
  EXPECT_LE(later.objective_s, hasty.objective_s);
}

TEST(Foresight, ANewQuestionEndsThePonderingOfTheOld) {
  Foresight foresight({.answer_s = 0});
  for (int i = 0; i < 20; ++i) {
    plan::Space space = Four();
    space.links.assign(16, {1e6 * (i + 1), 1e-3});
    EXPECT_EQ(Placed(foresight.Plan(space, {})).size(), 4U) << i;
  }
}

}  // namespace
}  // namespace covey::serve
