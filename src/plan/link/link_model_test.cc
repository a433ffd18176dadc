#include "plan/link/link_model.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace covey::plan {
namespace {

const LinkShape kPlain{.name = "plain", .up_bit_s = 1e6, .down_bit_s = 2e6, .delay_s = 0.01};

TEST(LinkModel, AddsBandwidthAndDelay) {
  LinkModel link(kPlain, 1);
  EXPECT_NEAR(link.Arrives(Way::kUp, 1'000, 5), 5 + 0.008 + 0.01, 1e-9);
  EXPECT_NEAR(link.Arrives(Way::kDown, 1'000, 5), 5 + 0.004 + 0.01, 1e-9);
}

TEST(LinkModel, QueuesBehindWhatIsOnItsWay) {
  LinkModel link(kPlain, 1);
  (void)link.Arrives(Way::kUp, 1'000, 5);
  EXPECT_NEAR(link.Arrives(Way::kUp, 1'000, 5), 5 + 0.016 + 0.01, 1e-9);
  link.Reset();
  EXPECT_NEAR(link.Arrives(Way::kUp, 1'000, 5), 5 + 0.008 + 0.01, 1e-9);
}

TEST(LinkModel, MovesNothingDuringAnOutage) {
  LinkModel link(kPlain, 1, {{.from_s = 5.004, .to_s = 6, .out = true}});
  EXPECT_NEAR(link.Arrives(Way::kUp, 1'000, 5), 6 + 0.004 + 0.01, 1e-9);
  EXPECT_TRUE(link.IsOut(5.5));
  EXPECT_FALSE(link.IsOut(6));
}

TEST(LinkModel, SlowsDownForATime) {
  LinkModel link(kPlain, 1, {{.from_s = 5.004, .to_s = 6, .slower = 10}});
  EXPECT_NEAR(link.Arrives(Way::kUp, 1'000, 5), 5 + 0.004 + 0.04 + 0.01, 1e-9);
}

TEST(LinkModel, KeepsTheOrderOfAStream) {
  LinkModel link(*FindLinkShape("wifi-crowded"), 3);
  double last = 0;
  for (int i = 0; i < 2'000; ++i) {
    const double at = link.Arrives(Way::kUp, 100, i * 0.001);
    EXPECT_GE(at, last);
    last = at;
  }
}

TEST(LinkModel, LosesAsOftenAsItsShapeSays) {
  LinkModel link({.name = "", .up_bit_s = 1e9, .down_bit_s = 1e9, .loss = 0.1}, 1);
  int late = 0;
  for (int i = 0; i < 10'000; ++i) {
    link.Reset();
    late += link.Arrives(Way::kUp, 100, i) - i > 0.1;
  }
  EXPECT_NEAR(late, 1'000, 100);
}

TEST(LinkModel, GivesTheSameTimesForTheSameSeed) {
  LinkModel a(*FindLinkShape("lte"), 5), b(*FindLinkShape("lte"), 5), c(*FindLinkShape("lte"), 6);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const double at = a.Arrives(Way::kDown, 3'000, i);
    EXPECT_EQ(at, b.Arrives(Way::kDown, 3'000, i));
    differs = differs || at != c.Arrives(Way::kDown, 3'000, i);
  }
  EXPECT_TRUE(differs);
}

TEST(LinkModel, HasPresetsByName) {
  for (const char* name : {"wired", "wifi", "wifi-crowded", "ble", "lte"})
    EXPECT_NE(FindLinkShape(name), nullptr) << name;
  EXPECT_EQ(FindLinkShape("smoke"), nullptr);
}

}  // namespace
}  // namespace covey::plan
