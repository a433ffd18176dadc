// What must not stop a space: its coordinator's death, and frames that nobody should send.
#include <gtest/gtest.h>

#include <random>

#include "serve/space/test_parts.hpp"

namespace covey::serve {
namespace {

using namespace std::chrono_literals;

constexpr LinkShape kRadio = {.kbit_s = 2000, .overhead_us = 500};

CoordinatorOptions Even(double rate_hz) {
  CoordinatorOptions options;
  options.planner = [rate_hz](const plan::Space& space, const auto&) {
    return EvenPlan(space, rate_hz);
  };
  return options;
}

SpacePipeline Skip() { return PipelineOf("skip", SkipNetwork(1), "ear", "ring"); }

void StartThree(VirtualFleet& fleet) {
  for (const char* name : {"ear", "ring", "watch"}) fleet.Start({.name = name, .kind = "m4"});
  fleet.coordinator().Add(Skip());
  fleet.RunFor(5s);
}

void ExpectOnceEach(const Told& told) {
  for (const auto& [key, request] : told.requests) {
    EXPECT_LE(request.delivered, 1) << key.second;
    EXPECT_LE(request.answered + request.failed, 1) << key.second;
  }
}

TEST(Space, AnswersOnWhenItsCoordinatorIsDead) {
  VirtualFleet fleet(21, kRadio, Even(10));
  StartThree(fleet);
  const uint64_t before = fleet.told(0).answered;
  ASSERT_GT(before, 20U);
  fleet.KillCoordinator();
  fleet.RunFor(60s);
  EXPECT_GT(fleet.told(0).answered, before + 560);
  EXPECT_EQ(fleet.told(0).failed, 0U);
  ExpectOnceEach(fleet.told(0));
}

TEST(Space, IsTakenOverByTheCoordinatorsNextStart) {
  VirtualFleet fleet(22, kRadio, Even(10));
  StartThree(fleet);
  const uint32_t epoch = fleet.coordinator().epoch();
  fleet.KillCoordinator();
  fleet.RunFor(5s);
  fleet.StartCoordinator();
  fleet.coordinator().Add(Skip());
  const uint64_t before = fleet.told(0).answered;
  fleet.RunFor(20s);
  EXPECT_TRUE(fleet.coordinator().way(0).placed());
  EXPECT_GT(fleet.coordinator().epoch(), epoch);
  EXPECT_GT(fleet.told(0).answered, before + 150);
  ExpectOnceEach(fleet.told(0));
}

TEST(Space, TellsTheCallersIfANodeDiesAfterItsCoordinator) {
  VirtualFleet fleet(23, kRadio, Even(10));
  StartThree(fleet);
  fleet.KillCoordinator();
  fleet.Kill("watch");
  fleet.RunFor(30s);
  // Nobody makes another plan: what was accepted fails at its deadline, and its callers hear it.
  EXPECT_GT(fleet.told(0).failed, 0U);
  ExpectOnceEach(fleet.told(0));
  fleet.StartCoordinator();
  fleet.coordinator().Add(Skip());
  const uint64_t before = fleet.told(0).answered;
  fleet.RunFor(10s);
  EXPECT_GT(fleet.told(0).answered, before + 50);
}

// Bytes at random, and frames that are right but for what they say.
TEST(Space, AnswersOnUnderFramesThatNobodyShouldSend) {
  VirtualFleet fleet(24, kRadio, Even(10));
  StartThree(fleet);
  const uint64_t before = fleet.told(0).answered;
  std::mt19937 random(7);
  std::vector<std::byte> buffer(wire::node::kMaxFrameBytes);
  for (int i = 0; i < 3000; ++i) {
    std::vector<std::byte> body(random() % 64);
    for (std::byte& byte : body) byte = static_cast<std::byte>(random());
    std::vector<std::byte> noise(random() % 200);
    for (std::byte& byte : noise) byte = static_cast<std::byte>(random());
    fleet.net().Take(fleet.now_ns(), noise);
    fleet.coordinator().Take(fleet.now_ns(), noise);
    const char* const to[] = {"ear", "ring", "watch", "coordinator"};
    wire::node::FrameWriter frame(buffer,
                                  {.to = MacOf(to[random() % 4]),
                                   .from = MacOf("stranger"),
                                   .type = static_cast<wire::node::FrameType>(random() % 16),
                                   .boot = static_cast<uint32_t>(random()),
                                   .epoch = static_cast<uint32_t>(random())});
    for (const std::byte byte : body) frame.body().U8(static_cast<uint8_t>(byte));
    const auto bytes = frame.Finish();
    fleet.net().Take(fleet.now_ns(), bytes);
    fleet.coordinator().Take(fleet.now_ns(), bytes);
    if (i % 10 == 0) fleet.RunFor(20ms);
  }
  fleet.RunFor(4s);
  EXPECT_GT(fleet.told(0).answered, before + 70);
  ExpectOnceEach(fleet.told(0));
  EXPECT_EQ(fleet.coordinator().members().size(), 3U);
}

TEST(Space, TakesNoMoreMembersThanItMay) {
  CoordinatorOptions options = Even(10);
  options.most_members = 8;
  VirtualFleet fleet(25, kRadio, options);
  StartThree(fleet);
  std::vector<std::byte> buffer(wire::node::kMaxFrameBytes);
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "n" + std::to_string(i);
    wire::node::FrameWriter frame(buffer,
                                  {.to = wire::node::kEveryone, .from = MacOf(name), .boot = 1});
    Encode(wire::node::Hello{.name = wire::node::NameOf(name.c_str()),
                             .kind = wire::node::NameOf("m4"),
                             .interval_ms = 250},
           frame.body());
    fleet.coordinator().Take(fleet.now_ns(), frame.Finish());
  }
  EXPECT_EQ(fleet.coordinator().members().size(), 8U);
  EXPECT_EQ(fleet.coordinator().events().kept().back().what, "trouble");
  fleet.RunFor(10s);  // They are not heard again: ghosts go.
  EXPECT_EQ(fleet.coordinator().members().size(), 3U);
}

}  // namespace
}  // namespace covey::serve
