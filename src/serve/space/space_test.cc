// The shipping nodes, switch and coordinator under a virtual clock.
#include <gtest/gtest.h>

#include "core/host/stride.hpp"
#include "serve/space/test_parts.hpp"

namespace covey::serve {
namespace {

using namespace std::chrono_literals;

constexpr LinkShape kRadio{.kbit_s = 1000, .overhead_us = 1000};

CoordinatorOptions Even(double rate_hz) {
  return {.planner = [rate_hz](const plan::Space& space, const auto&) {
    return EvenPlan(space, rate_hz);
  }};
}

// Every request once at the target, once at the source, with the whole network's bytes.
void ExpectAllRight(VirtualFleet& fleet, size_t pipeline) {
  const SpacePipeline& what = fleet.coordinator().pipelines()[pipeline];
  const Told& told = fleet.told(pipeline);
  Whole whole(what.graph);
  for (const auto& [key, request] : told.requests) {
    EXPECT_LE(request.delivered, 1) << "request " << key.second;
    EXPECT_LE(request.answered + request.failed, 1) << "request " << key.second;
    EXPECT_GE(request.delivered, request.answered) << "request " << key.second;
    if (request.delivered == 0) continue;
    std::vector<std::byte> input(static_cast<size_t>(what.tenant.model.input_bytes));
    micro::SampleInput(what.seed, key.second, input);
    EXPECT_EQ(request.output, whole.Run(input)) << "request " << key.second;
  }
}

TEST(Space, RunsAPipelineAcrossNodesWithTheWholesBytes) {
  VirtualFleet fleet(1, kRadio, Even(10));
  for (const char* name : {"ear", "ring", "watch"}) fleet.Start({.name = name, .kind = "m4"});
  SpacePipeline pipeline = PipelineOf("skip", SkipNetwork(1), "ear", "ring");
  pipeline.requests = 30;
  fleet.coordinator().Add(pipeline);
  EXPECT_TRUE(fleet.RunUntil([&] { return fleet.coordinator().way(0).placed(); }, 10s));
  EXPECT_EQ(fleet.coordinator().way(0).chunks.size(), 3u);
  EXPECT_TRUE(fleet.RunUntil([&] { return fleet.told(0).answered == 30; }, 20s))
      << fleet.told(0).answered;
  EXPECT_EQ(fleet.told(0).delivered, 30u);
  ExpectAllRight(fleet, 0);
}

TEST(Space, LosesNoRequestWhereFramesAreLost) {
  LinkShape bad = kRadio;
  bad.loss = 0.05;
  VirtualFleet fleet(2, bad, Even(5));
  for (const char* name : {"ear", "ring", "watch"}) fleet.Start({.name = name, .kind = "m4"});
  SpacePipeline pipeline = PipelineOf("skip", SkipNetwork(2), "ear", "ring");
  pipeline.requests = 100;
  fleet.coordinator().Add(pipeline);
  EXPECT_TRUE(
      fleet.RunUntil([&] { return fleet.told(0).answered + fleet.told(0).failed == 100; }, 200s))
      << fleet.told(0).answered;
  EXPECT_EQ(fleet.told(0).failed, 0u);
  EXPECT_GT(fleet.net().lost(), 50u);
  ExpectAllRight(fleet, 0);
}

TEST(Space, GoesOnWithoutANodeThatDied) {
  VirtualFleet fleet(3, kRadio, Even(10));
  for (const char* name : {"ear", "glasses", "ring", "watch"})
    fleet.Start({.name = name, .kind = "m4"});
  fleet.coordinator().Add(PipelineOf("skip", SkipNetwork(3), "ear", "ring"));
  fleet.RunFor(5s);
  const uint64_t before = fleet.told(0).answered;
  EXPECT_GT(before, 20u);
  fleet.Kill("glasses");
  fleet.RunFor(10s);
  EXPECT_GT(fleet.told(0).answered, before + 70);
  EXPECT_EQ(fleet.told(0).failed, 0u);
  EXPECT_FALSE(fleet.coordinator().way(0).Uses("glasses"));
  ExpectAllRight(fleet, 0);
  for (const std::string& name : fleet.alive()) {
    for (const micro::Stage& stage : fleet.node(name)->stages()) {
      EXPECT_TRUE(!stage.used || stage.spec.route == fleet.coordinator().way(0).route) << name;
    }
  }
}

TEST(Space, UsesANodeThatJoins) {
  VirtualFleet fleet(4, kRadio, Even(10));
  for (const char* name : {"ear", "ring"}) fleet.Start({.name = name, .kind = "m4"});
  fleet.coordinator().Add(PipelineOf("skip", SkipNetwork(4), "ear", "ring"));
  fleet.RunFor(5s);
  EXPECT_EQ(fleet.coordinator().way(0).chunks.size(), 2u);
  fleet.Start({.name = "watch", .kind = "m4"});
  fleet.RunFor(5s);
  EXPECT_EQ(fleet.coordinator().way(0).chunks.size(), 3u);
  EXPECT_EQ(fleet.told(0).failed, 0u);
  ExpectAllRight(fleet, 0);
}

// Each request of a source that still lives: answered or failed, or still under way.
void ExpectNoneForgotten(VirtualFleet& fleet, size_t pipeline) {
  const Way& way = fleet.coordinator().way(pipeline);
  const uint32_t boot = fleet.boot(way.source.member);
  uint64_t open = 0;
  for (const auto& [key, request] : fleet.told(pipeline).requests)
    open += key.first == boot && request.answered + request.failed == 0 ? 1 : 0;
  EXPECT_LE(open, fleet.coordinator().pipelines()[pipeline].window);
}

void ExpectNoGhosts(VirtualFleet& fleet) {
  for (const std::string& name : fleet.alive()) {
    for (const micro::Stage& stage : fleet.node(name)->stages()) {
      if (!stage.used) continue;
      EXPECT_EQ(stage.spec.route, fleet.coordinator().way(stage.spec.pipeline).route) << name;
    }
  }
  EXPECT_EQ(fleet.coordinator().members().size(), fleet.alive().size());
}

// Back: pipelines whose ends live have a way without the dead, answers come, and no ghost is left.
bool Back(VirtualFleet& fleet, const std::string& dead, uint64_t killed_ns) {
  for (size_t p = 0; p < 3; ++p) {
    const SpacePipeline& pipeline = fleet.coordinator().pipelines()[p];
    if (pipeline.sources[0] == dead || pipeline.targets[0] == dead) continue;
    const auto& way = fleet.coordinator().way(p);
    if (!way.placed() || way.Uses(dead)) return false;
    const Told& told = fleet.told(p);
    if (told.answered_ns.empty() || told.answered_ns.back() < killed_ns) return false;
  }
  return fleet.coordinator().steady() &&
         fleet.coordinator().members().size() == fleet.alive().size();
}

constexpr int kDeaths = 100 / Stride(5);

// kDeaths deaths at random moments, of any of `mortal`; who died returns later as another start
// of itself. The longest time until all was back.
uint64_t Kill(VirtualFleet& fleet, const std::vector<std::string>& mortal, uint32_t seed) {
  std::mt19937 random(seed);
  uint64_t longest_ns = 0;
  for (int death = 0; death < kDeaths; ++death) {
    fleet.RunFor(std::chrono::milliseconds(random() % 4000));
    const std::string& name = mortal[random() % mortal.size()];
    fleet.Kill(name);
    const uint64_t killed_ns = fleet.now_ns();
    EXPECT_TRUE(fleet.RunUntil([&] { return Back(fleet, name, killed_ns); }, 30s))
        << "death " << death << " of " << name;
    longest_ns = std::max(longest_ns, fleet.now_ns() - killed_ns);
    fleet.Start({.name = name, .kind = "m4"});
  }
  fleet.RunFor(20s);
  return longest_ns;
}

// Six nodes, three tenants.
void StartSix(VirtualFleet& fleet) {
  for (const char* name : {"band", "ear", "glasses", "pen", "ring", "watch"})
    fleet.Start({.name = name, .kind = "m4"});
  fleet.coordinator().Add(PipelineOf("a", SkipNetwork(5), "ear", "ring"));
  fleet.coordinator().Add(PipelineOf("b", SkipNetwork(6), "ring", "ear"));
  fleet.coordinator().Add(PipelineOf("c", SkipNetwork(7), "ear", "ear"));
  fleet.RunFor(5s);
}

TEST(Space, SurvivesAHundredDeathsWithoutLossOrRepetition) {
  LinkShape radio = kRadio;
  radio.loss = 0.01;
  VirtualFleet fleet(5, radio, Even(4));
  StartSix(fleet);
  const uint64_t longest_ns = Kill(fleet, {"band", "glasses", "pen", "watch"}, 11);
  RecordProperty("longest_ms", static_cast<int>(longest_ns / 1'000'000));
  for (size_t p = 0; p < 3; ++p) {
    ExpectAllRight(fleet, p);
    ExpectNoneForgotten(fleet, p);
    EXPECT_EQ(fleet.told(p).failed, 0u) << "pipeline " << p;
    EXPECT_GT(fleet.told(p).answered, 5u * kDeaths) << "pipeline " << p;
  }
  ExpectNoGhosts(fleet);
}

TEST(Space, TellsTheCallerIfSourcesAndTargetsDieToo) {
  VirtualFleet fleet(6, kRadio, Even(4));
  StartSix(fleet);
  (void)Kill(fleet, {"band", "ear", "glasses", "pen", "ring", "watch"}, 12);
  for (size_t p = 0; p < 3; ++p) {
    ExpectAllRight(fleet, p);
    ExpectNoneForgotten(fleet, p);
    EXPECT_GT(fleet.told(p).answered, 3u * kDeaths) << "pipeline " << p;
  }
  EXPECT_GT(fleet.told(0).failed, 0u);
  ExpectNoGhosts(fleet);
}

// It dies and is back before anybody misses it.
TEST(Space, NoticesANodeThatStartedAnew) {
  VirtualFleet fleet(7, kRadio, Even(10));
  for (const char* name : {"ear", "ring", "watch"}) fleet.Start({.name = name, .kind = "m4"});
  fleet.coordinator().Add(PipelineOf("skip", SkipNetwork(8), "ear", "ring"));
  for (const char* name : {"watch", "ring", "ear"}) {
    fleet.RunFor(5s);
    fleet.Kill(name);
    fleet.RunFor(10ms);
    fleet.Start({.name = name, .kind = "m4"});
    const uint64_t before = fleet.told(0).answered;
    fleet.RunFor(10s);
    EXPECT_GT(fleet.told(0).answered, before + 70) << name;
  }
  ExpectAllRight(fleet, 0);
  ExpectNoGhosts(fleet);
}

// Somebody else speaks with a node's name and address: the space does not flap between the two.
TEST(Space, DoesNotFlapBetweenTwoNodesOfOneName) {
  VirtualFleet fleet(9, kRadio, Even(10));
  for (const char* name : {"ear", "ring", "watch"}) fleet.Start({.name = name, .kind = "m4"});
  fleet.coordinator().Add(PipelineOf("skip", SkipNetwork(8), "ear", "ring"));
  fleet.RunFor(5s);
  std::vector<std::byte> buffer(wire::node::kMaxFrameBytes);
  for (int i = 0; i < 40; ++i) {
    wire::node::FrameWriter frame(
        buffer, {.to = wire::node::kEveryone, .from = MacOf("watch"), .boot = 0x7000});
    Encode(wire::node::Hello{.name = wire::node::NameOf("watch"),
                             .kind = wire::node::NameOf("m4"),
                             .interval_ms = 250},
           frame.body());
    fleet.coordinator().Take(fleet.now_ns(), frame.Finish());
    fleet.RunFor(100ms);
  }
  EXPECT_LE(fleet.coordinator().epoch(), 4u);
}

// It lives, but nobody hears it for a while: what it holds when it returns is no part of the plan.
TEST(Space, ClearsANodeThatWasUnheard) {
  VirtualFleet fleet(8, kRadio, Even(10));
  for (const char* name : {"ear", "ring", "watch"}) fleet.Start({.name = name, .kind = "m4"});
  fleet.coordinator().Add(PipelineOf("skip", SkipNetwork(9), "ear", "ring"));
  for (const char* name : {"watch", "ear", "ring"}) {
    fleet.RunFor(5s);
    fleet.Cut(name, true);
    fleet.RunFor(4s);
    EXPECT_EQ(fleet.coordinator().members().size(), 2u);
    fleet.Cut(name, false);
    fleet.RunFor(10s);
    EXPECT_EQ(fleet.coordinator().way(0).chunks.size(), 3u) << name;
  }
  ExpectAllRight(fleet, 0);
  ExpectNoneForgotten(fleet, 0);
  ExpectNoGhosts(fleet);
}

}  // namespace
}  // namespace covey::serve
