// What run, inspect and compile print, and where.
#include <gtest/gtest.h>

#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

const std::string kSample(3072, '\x11');

TEST(Run, PipesStdinToStdout) {
  const Ended run = Covey({"run", kDeviceModel}, kSample + kSample);
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.out.size(), 20U);
  EXPECT_EQ(run.out.substr(0, 10), run.out.substr(10));
  EXPECT_EQ(run.err, "");
}

TEST(Run, ReportsOnStderrWhenTheOutputsGoToStdout) {
  const Ended run = Covey({"run", kDeviceModel, "--json"}, kSample);
  EXPECT_EQ(run.code, 0);
  EXPECT_EQ(run.out.size(), 10U);
  const Json report = run.err_json();
  ASSERT_TRUE(report.is_object()) << run.err;
  EXPECT_EQ(report["samples"], 1);
  EXPECT_EQ(report["place"], "host");
  EXPECT_EQ(report["backend"], "int8");
  EXPECT_GT(report["arena_bytes"], 0);
  EXPECT_EQ(report["latency_kind"], "measured");
  const Json& ns = report["latency_ns"];
  EXPECT_GT(ns["min"], 0);
  EXPECT_LE(ns["median"], ns["p90"]);
  EXPECT_LE(ns["p90"], ns["p99"]);
  EXPECT_LE(ns["p99"], ns["max"]);
}

TEST(Run, ReportsOnStdoutWhenTheOutputsGoToAFile) {
  const std::string input = WriteTemp("in", kSample), output = TempPath("out");
  const Ended run = Covey({"run", kDeviceModel, "--input", input, "--output", output, "--json"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.json()["output_bytes"], 10);
  EXPECT_EQ(ReadAll(output).size(), 10U);
  EXPECT_EQ(run.err, "");
}

TEST(Run, GivesTheSameBytesFromAFileAndFromItsImage) {
  const std::string image = TempPath("device.covey");
  ASSERT_EQ(Covey({"compile", kDeviceModel, "-o", image}).code, 0);
  const Ended from_image = Covey({"run", image}, kSample);
  EXPECT_EQ(from_image.code, 0) << from_image.err;
  EXPECT_EQ(from_image.out, Covey({"run", kDeviceModel}, kSample).out);
}

TEST(Run, TakesAFloatNetworkToOnnxRuntime) {
  const Ended run = Covey({"run", kFullModel, "--json"}, std::string(4 * 3072, '\0'));
  if (run.err.find("onnx backend") != std::string::npos) GTEST_SKIP() << run.err;
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.out.size(), 40U);
  EXPECT_EQ(run.err_json()["backend"], "onnx") << run.err;
  EXPECT_FALSE(run.err_json().contains("arena_bytes"));
}

TEST(Compile, WritesAnImageThatInspectReads) {
  const std::string image = TempPath("device.covey");
  const Ended compile = Covey({"compile", kDeviceModel, "-o", image, "--json"});
  ASSERT_EQ(compile.code, 0) << compile.err;
  const Ended inspect = Covey({"inspect", image, "--json"});
  ASSERT_EQ(inspect.code, 0) << inspect.err;
  EXPECT_EQ(compile.json()["image_bytes"], ReadAll(image).size());
  EXPECT_EQ(compile.json()["arena_bytes"], inspect.json()["arena_bytes"]);
  EXPECT_EQ(inspect.json()["format"], "covey");
  EXPECT_GE(inspect.json()["arena_bytes"], inspect.json()["arena_lower_bound"]);
  EXPECT_EQ(inspect.json()["labels"].size(), 10U);
}

TEST(Compile, ToStdoutIsTheImageAlone) {
  const Ended compile = Covey({"compile", kDeviceModel, "-o", "-", "--json"});
  EXPECT_EQ(compile.code, 0);
  EXPECT_EQ(compile.out.rfind("COVEYIMG", 0), 0U);
  EXPECT_EQ(compile.err_json()["image_bytes"], compile.out.size()) << compile.err;
}

TEST(Compile, GivesTheSameBytesEachTime) {
  EXPECT_EQ(Covey({"compile", kDeviceModel, "-o", "-"}).out,
            Covey({"compile", kDeviceModel, "-o", "-"}).out);
}

TEST(Inspect, CountsTheSameInTheFileAndInItsImage) {
  const std::string image = TempPath("device.covey");
  ASSERT_EQ(Covey({"compile", kDeviceModel, "-o", image}).code, 0);
  const Json file = Covey({"inspect", kDeviceModel, "--json"}).json();
  const Json compiled = Covey({"inspect", image, "--json"}).json();
  ASSERT_TRUE(file.is_object() && compiled.is_object());
  EXPECT_EQ(file["macs"], compiled["macs"]);
  EXPECT_EQ(file["arena_bytes"], compiled["arena_bytes"]);
  EXPECT_EQ(file["labels"], compiled["labels"]);
}

TEST(Compile, ForAChipGivesTheSameBytesOnHostAndBoard) {
  const std::string image = TempPath("chip.covey");
  const std::string model = COVEY_SOURCE "/models/cifar10/lenet/int8.onnx";
  ASSERT_EQ(Covey({"compile", model, "--target", "m4", "--chip", "STM32L4R5", "-o", image}).code,
            0);
  EXPECT_NE(Covey({"inspect", image}).out.find("by position"), std::string::npos);
  std::string sample = kSample;
  for (size_t i = 0; i < sample.size(); ++i) sample[i] = static_cast<char>(i * i % 251);
  const Ended host = Covey({"run", image}, sample);
  ASSERT_EQ(host.code, 0) << host.err;
  const Ended board = Covey({"run", image, "--on", "board:m4"}, sample);
  if (board.err.find("NOT_FOUND") != std::string::npos) GTEST_SKIP() << "firmware: " << board.err;
  ASSERT_EQ(board.code, 0) << board.err;
  EXPECT_EQ(board.out, host.out);
}

TEST(Inspect, TellsInWhichFormAnImageHoldsWeights) {
  const std::string image = TempPath("forms.covey");
  ASSERT_EQ(Covey({"compile", kDeviceModel, "--target", "m4", "-o", image}).code, 0);
  const Json told = Covey({"inspect", image, "--json"}).json();
  int forms = 0;
  for (const Json& op : told["ops"]) forms += op.contains("weights") ? 1 : 0;
  EXPECT_GT(forms, 0);
  EXPECT_NE(Covey({"inspect", image}).out.find("weights as"), std::string::npos);
  EXPECT_EQ(Covey({"inspect", kDeviceModel}).out.find("weights as"), std::string::npos);
}

TEST(Inspect, ShowsAFloatNetworkAndTheArenaItNeeds) {
  const Ended run = Covey({"inspect", kFullModel, "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_GT(run.json()["ops"].size(), 5U);
  EXPECT_GE(run.json()["arena_bytes"], run.json()["arena_lower_bound"]);
}

}  // namespace
}  // namespace covey::cli_test
