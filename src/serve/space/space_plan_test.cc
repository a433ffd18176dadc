// The planner's figures against a run of what it planned, under a virtual clock.
#include <gtest/gtest.h>

#include "serve/space/exact_planner.hpp"
#include "serve/space/test_parts.hpp"

namespace covey::serve {
namespace {

using namespace std::chrono_literals;

constexpr double kKbit = 500, kOverheadUs = 1000;

// Six devices, slow enough that computing and sending weigh alike.
plan::Space SlowSix() {
  plan::Space space;
  int i = 0;
  for (const char* name : {"band", "ear", "glasses", "pen", "ring", "watch"}) {
    plan::Device device{.name = name, .part = *plan::BuiltInPart("m4")};
    device.part.clock_hz /= i++ % 2 == 0 ? 8 : 16;
    space.devices.push_back(std::move(device));
  }
  space.links.assign(36, {.bit_s = kKbit * 1e3, .overhead_s = kOverheadUs * 1e-6});
  return space;
}

struct Fleet {
  Fleet(double pace, double loss)
      : fleet(1, {.kbit_s = kKbit, .overhead_us = kOverheadUs, .loss = loss},
              {.planner = ExactPlanner({}, 10), .declared = SlowSix()}) {
    for (const plan::Device& device : SlowSix().devices)
      fleet.Start({.name = device.name, .kind = "m4"});
    const char* ends[3][2] = {{"ear", "ring"}, {"band", "watch"}, {"pen", "ear"}};
    for (int i = 0; i < 3; ++i) {
      const std::string name = std::string("tenant") + std::to_string(i);
      SpacePipeline pipeline =
          PipelineOf(name, SkipNetwork(20 + static_cast<uint32_t>(i)), ends[i][0], ends[i][1]);
      pipeline.tenant.weight = i == 1 ? 2 : 1;
      pipeline.pace = pace;
      pipeline.window = 12;
      fleet.coordinator().Add(pipeline);
    }
    fleet.RunFor(5s);
    for (size_t i = 0; i < 3; ++i) before[i] = fleet.told(i).answered;
    fleet.RunFor(20s);
  }
  double RateHz(size_t i) { return static_cast<double>(fleet.told(i).answered - before[i]) / 20; }

  VirtualFleet fleet;
  uint64_t before[3] = {};
};

TEST(SpacePlan, IsKeptByTheRunWithinATenth) {
  Fleet run(1.0, 0);
  EXPECT_TRUE(run.fleet.coordinator().plan().optimal);
  for (size_t i = 0; i < 3; ++i) {
    const double planned = run.fleet.coordinator().way(i).rate_hz;
    EXPECT_GT(planned, 1) << i;
    EXPECT_NEAR(run.RateHz(i) / planned, 1, 0.1) << "tenant " << i << " planned " << planned;
    EXPECT_EQ(run.fleet.told(i).failed, 0u);
  }
}

// Sources that ask for more get no more than the plan says there is.
TEST(SpacePlan, IsNotBeatenByTheRun) {
  Fleet run(1.5, 0);
  double rounds = 1e9;
  for (size_t i = 0; i < 3; ++i)
    rounds = std::min(rounds, run.RateHz(i) / run.fleet.coordinator().pipelines()[i].tenant.weight);
  const double planned = 1 / run.fleet.coordinator().plan().objective_s;
  EXPECT_LE(rounds, planned * 1.02);
  EXPECT_GE(rounds, planned * 0.5);
}

}  // namespace
}  // namespace covey::serve
