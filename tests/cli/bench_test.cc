// covey bench, as a user has it.
#include <gtest/gtest.h>

#include "tests/cli/material.hpp"
#include "tests/cli/process.hpp"

namespace covey::cli_test {
namespace {

TEST(Bench, OnTheHostSaysItsTime) {
  const Ended run = Covey({"bench", kDeviceModel, "--on", "host", "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_GT(run.json()["macs"], 0);
  EXPECT_GT(run.json()["latency_ns"]["median"], 0);
  EXPECT_EQ(run.json()["latency_kind"], "measured");
}

TEST(Bench, OnABoardCountsEachOpOfImageAndCpp) {
  const Ended run = Covey({"bench", kDeviceModel, "--on", "board:m4", "--json"});
  if (run.code == 1 && run.err.find("NOT_FOUND") != std::string::npos) {
    GTEST_SKIP() << "firmware: " << run.err;
  }
  ASSERT_EQ(run.code, 0) << run.err;
  const Json json = run.json();
  double image = 0, cpp = 0, code = 0;
  for (const Json& layer : json["layers"]) {
    image += layer["instructions"]["image"].get<double>();
    if (layer["instructions"].contains("cpp")) cpp += layer["instructions"]["cpp"].get<double>();
    if (layer.contains("fetched")) code += layer["fetched"]["code_bytes"].get<double>();
  }
  // Between ops the interpreter looks up the next one and its tensors: 600 instructions or so.
  const double between = json["image"]["instructions"].get<double>() - image;
  EXPECT_GE(between, 0);
  EXPECT_LT(between, 1000.0 * static_cast<double>(json["layers"].size()));
  EXPECT_GT(json["arena_bytes"], 0);
  if (!json.contains("cpp")) GTEST_SKIP() << "firmware: " << json["notes"];
  EXPECT_NEAR(cpp, json["cpp"]["instructions"], 0.01 * cpp);
  EXPECT_LT(json["cpp"]["engine_bytes"], 40000);
  if (json["modelled"].empty()) GTEST_SKIP() << "QEMU: " << json["notes"];
  EXPECT_GT(code, 2 * cpp);
  for (const Json& chip : json["modelled"]) EXPECT_GT(chip["milliseconds"], 0) << chip;
}

TEST(Bench, RefusesAPlaceThatIsNoBoard) {
  const Ended run = Covey({"bench", kDeviceModel, "--on", "agent:localhost:1"});
  EXPECT_EQ(run.code, 2) << run.err;
  EXPECT_EQ(Covey({"bench", kDeviceModel, "--on", "board:z80"}).code, 2);
}

TEST(Bench, OfANetworkWithAnUnknownOpSaysWhyNot) {
  std::string bytes = ReadAll(kFullModel);
  for (size_t at = bytes.find("Relu"); at != std::string::npos; at = bytes.find("Relu", at)) {
    bytes.replace(at, 4, "Rxlu");
  }
  const Ended run = Covey({"bench", WriteTemp("unknown.onnx", bytes)});
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.err.find("UNIMPLEMENTED"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace covey::cli_test
