// `covey demo` both ways: with the real data, and with what the project ships; and without a board.
#include <gtest/gtest.h>
#include <signal.h>

#include "core/host/data_dir.hpp"
#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

void SkipWithoutOnnx(const Ended& run) {
  if (run.err.find("onnx backend") != std::string::npos) GTEST_SKIP() << run.err;
}

// What holds of every demo with `images` pictures.
void ExpectFigures(const Json& report, int images) {
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(report["images"], images);
  ASSERT_EQ(report["places"].size(), 2U);
  for (const Json& place : report["places"]) {
    EXPECT_EQ(place["answered"], images) << place;
    EXPECT_EQ(place["fell_back"], 0) << place;
    EXPECT_GT(place["latency_ms"]["median"], 0) << place;
    EXPECT_GT(place["correct_per_ms"], 0) << place;  // No answer is without its time.
    EXPECT_GE(place["confidence_deviation"], 0) << place;
    EXPECT_LE(place["confidence_deviation"], 1) << place;
    EXPECT_DOUBLE_EQ(place["top1"].get<double>(), place["correct"].get<double>() / images);
  }
  // The agent runs the very network that is the reference: other classes would be a fault of the
  // wire or of its pre-processing.
  const Json& agent = report["places"][1];
  EXPECT_EQ(agent["place"], "agent");
  EXPECT_EQ(agent["agreement"], 1.0);
  EXPECT_LT(agent["confidence_deviation"], 1e-3);
  EXPECT_EQ(agent["correct"], report["reference"]["correct"]);
}

void ExpectBoard(const Ended& run, int images) {
  SkipWithoutOnnx(run);
  if (testing::Test::IsSkipped()) return;
  ASSERT_EQ(run.code, 0) << run.err;
  if (run.err.find("NO BOARD") != std::string::npos) GTEST_SKIP() << "firmware: " << run.err;
  ExpectFigures(run.json(), images);
  EXPECT_EQ(run.json()["places"][0]["latency_kind"], "modelled");
  EXPECT_EQ(run.json()["places"][1]["latency_kind"], "measured, board emulated");
  EXPECT_GT(run.json()["instructions"]["local"], run.json()["instructions"]["offload"]);
  EXPECT_NE(run.err.find("m33 | covey> config place agent 10.0.2.2:"), std::string::npos)
      << run.err;
}

TEST(Demo, WithTheShippedPairOnABoard) {
  ExpectBoard(Covey({"demo", "--images", "5", "--json"}, "", {"COVEY_DATA=/nowhere"}), 5);
}

TEST(Demo, WithRealDataOnABoard) {
  const auto data = DataDir();
  if (!data) GTEST_SKIP() << "COVEY_DATA: the folder of real models is absent";
  const Ended run = Covey({"demo", "--images", "5", "--json"}, "",
                          {"COVEY_DATA=" + std::filesystem::absolute(*data).string()});
  ExpectBoard(run, 5);
  if (IsSkipped()) return;
  EXPECT_EQ(run.json()["reference"]["model"], "resnet56");
}

TEST(Demo, WithoutABoardSaysSoAndShowsThisMachine) {
  // No QEMU to be found.
  const Ended run =
      Covey({"demo", "--images", "5", "--json"}, "", {"COVEY_DATA=/nowhere", "PATH=/nowhere"});
  SkipWithoutOnnx(run);
  if (IsSkipped()) return;
  ASSERT_EQ(run.code, 0) << run.err;
  EXPECT_NE(run.err.find("NO BOARD"), std::string::npos) << run.err;
  ExpectFigures(run.json(), 5);
  EXPECT_EQ(run.json()["places"][0]["place"], "local (host int8 engine)");
  EXPECT_EQ(run.json()["places"][0]["latency_kind"], "measured");
}

TEST(Demo, EndsInATable) {
  const Ended run = Covey({"demo", "--images", "2"}, "", {"COVEY_DATA=/nowhere", "PATH=/nowhere"});
  SkipWithoutOnnx(run);
  if (IsSkipped()) return;
  ASSERT_EQ(run.code, 0) << run.err;
  for (const char* words : {"place", "model", "top-1", "agreement", "conf. dev.", "median ms",
                            "p99 ms", "correct/ms", "\nagent "}) {
    EXPECT_NE(run.out.find(words), std::string::npos) << words << '\n' << run.out;
  }
}

TEST(Demo, BrokenOffBySigtermLeavesNothingBehind) {
  const std::string scratch = TempPath("scratch");
  std::filesystem::create_directory(scratch);
  Background demo({"demo", "--images", "500"}, {"COVEY_DATA=/nowhere", "TMPDIR=" + scratch});
  if (demo.WaitForLine("covey> infer").empty()) GTEST_SKIP() << "firmware: " << demo.err();
  EXPECT_FALSE(std::filesystem::is_empty(scratch));
  EXPECT_EQ(demo.Stop(SIGTERM), 128 + SIGTERM);
  EXPECT_TRUE(std::filesystem::is_empty(scratch));
  std::filesystem::remove_all(scratch);
}

}  // namespace
}  // namespace covey::cli_test
