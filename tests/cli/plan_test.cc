// covey plan and covey simulate, as a user has them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

using json = Json;

const std::string kBody = COVEY_SOURCE "/docs/guide/space/body.toml";

TEST(Plan, OfTheSampleSpaceIsProvedTheBest) {
  const Ended ended = Covey({"plan", kBody, "--json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json answer = ended.json();
  EXPECT_TRUE(answer["optimal"]);
  EXPECT_TRUE(answer["refused"].empty());
  EXPECT_EQ(answer["pipelines"].size(), 3U);
  double most = 0;
  for (const json& unit : answer["units"]) most = std::max(most, unit["load"].get<double>());
  EXPECT_DOUBLE_EQ(most, answer["objective_s"].get<double>());
}

TEST(Plan, ReplicasDoNoWorse) {
  const json one = Covey({"plan", kBody, "--json"}).json();
  const json many = Covey({"plan", kBody, "--json", "--replicas"}).json();
  EXPECT_LE(many["objective_s"].get<double>(), one["objective_s"].get<double>());
}

TEST(Plan, DrawsAPicture) {
  const std::string picture = TempPath("covey_plan_test.svg");
  const Ended ended = Covey({"plan", kBody, "--svg", picture});
  EXPECT_EQ(ended.code, 0) << ended.err;
  std::ifstream file(picture);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  EXPECT_THAT(text, testing::StartsWith("<svg"));
  std::filesystem::remove(picture);
}

TEST(Plan, TakesAModelFile) {
  const std::string space = testing::TempDir() + "covey_plan_model.toml";
  std::ofstream(space) << "[[device]]\nname = \"a\"\nkind = \"m4\"\n[[device]]\nname = \"b\"\n"
                          "kind = \"m33\"\n[links]\ndefault = { kbit_s = 100000 }\n[[pipeline]]\n"
                          "name = \"shapes\"\nmodel = \""
                       << kDeviceModel << "\"\nsource = \"a\"\n";
  const Ended ended = Covey({"plan", space, "--json"});
  std::filesystem::remove(space);
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_GT(ended.json()["throughput_hz"].get<double>(), 0);
}

TEST(Plan, IsTheSameForAModelAndItsImage) {
  const std::string image = TempPath("covey_plan_model.covey");
  ASSERT_EQ(Covey({"compile", kDeviceModel, "-o", image}).code, 0);
  const auto planned = [](const std::string& model) {
    const Ended ended =
        Covey({"plan",
               WriteTemp("covey_plan_image.toml",
                         "[[device]]\nname = \"a\"\nkind = \"max78000\"\n[[device]]\n"
                         "name = \"b\"\nkind = \"m4\"\n[links]\ndefault = { kbit_s = "
                         "1000, overhead_us = 1000 }\n[[pipeline]]\nname = \"p\"\n"
                         "source = \"b\"\ntarget = \"b\"\nmodel = \"" +
                             model + "\"\n"),
               "--json"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.out;
  };
  EXPECT_EQ(planned(kDeviceModel), planned(image));
}

TEST(Plan, SaysThatAModelIsLargerThanTheWholeSpace) {
  const std::string space = testing::TempDir() + "covey_plan_large.toml";
  std::ofstream(space) << "[[device]]\nname = \"a\"\nkind = \"max78000\"\n[[pipeline]]\n"
                          "name = \"p\"\nmodel = \"MobileNetV2\"\n";
  const Ended ended = Covey({"plan", space, "--json"});
  std::filesystem::remove(space);
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, testing::HasSubstr("too many"));
  const json refused = ended.json()["refused"][0];
  EXPECT_EQ(refused["nearest"], "3 more max78000");
}

TEST(Simulate, ADeviceThatLeavesIsPlannedAround) {
  const Ended ended =
      Covey({"simulate", kBody, "--duration", "20s", "--event", "leave:ring@5s", "--json"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  const json report = ended.json();
  ASSERT_EQ(report["epochs"].size(), 2U);
  const json& last = report["epochs"][1];
  EXPECT_EQ(last["reason"], "leave ring");
  EXPECT_GT(last["measured_hz"].get<double>(), 0.95 * last["planned_hz"].get<double>());
}

TEST(Simulate, RefusesEventsAndTimesThatMakeNoSense) {
  EXPECT_EQ(Covey({"simulate", kBody, "--duration", "soon"}).code, 2);
  const Ended ended = Covey({"simulate", kBody, "--event", "leave:rung@5s"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_THAT(ended.err, testing::HasSubstr("expected one of: glasses, watch, earbud, ring"));
}

}  // namespace
}  // namespace covey::cli_test
