// `covey eval` where something is odd: variants in one file, an agent that dies, SIGINT, labels
// that no network knows, files that cannot be written.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "pictures/pictures.hpp"
#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

std::string Records(size_t count) {
  const auto bytes = pictures::Records(pictures::kReportSeed, 0, count);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Samples that every place can answer, and one that none can: eval tells of it when it is asked.
std::string Mixed(size_t count) {
  const std::string folder = TempPath("mixed" + std::to_string(count));
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/a.png") << "no picture";
  std::ofstream(folder + "/shapes.bin", std::ios::binary) << Records(count);
  return folder;
}

// Its first words on stderr; bounded by the program's own end.
bool WaitForNote(const Background& program, const std::string& words) {
  for (int i = 0; i < 3'000; ++i) {
    if (program.err().find(words) != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

TEST(EvalVariants, OfOneFileAreAskedByTheirNumbers) {
  const std::string data = WriteTemp("twelve.bin", Records(12)), net = TempPath("net.covey"),
                    profiles = TempPath("variants.toml");
  const Ended made =
      Covey({"compile", kDeviceModel, "--calibrate", WriteTemp("many.bin", Records(90)), "--type",
             "cifar10", "--variants", "0,5", "--effort", "quick", "--target", "m4", "-o", net});
  ASSERT_EQ(made.code, 0) << made.err;
  const Ended run =
      Covey({"eval", data, "--type", "cifar10", "--run", net, "--run", net + "#0", "--run",
             net + "#1@local", "--reference", kDeviceModel, "--profiles", profiles, "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  const Json pairs = run.json()["pairs"];
  ASSERT_EQ(pairs.size(), 3U);
  EXPECT_TRUE(pairs[0]["name"].get<std::string>().ends_with("net@host")) << pairs[0]["name"];
  EXPECT_TRUE(pairs[2]["name"].get<std::string>().ends_with("net#1@host")) << pairs[2]["name"];
  // The whole file and its first variant are the exact network.
  EXPECT_EQ(pairs[0]["top1_agreement"]["value"], 1);
  EXPECT_EQ(pairs[1]["top1_agreement"]["value"], 1);
  const std::string text = ReadAll(profiles);
  EXPECT_NE(text.find("net#1\"\nplace = \"host\""), std::string::npos) << text;
  EXPECT_EQ(text.find("approximate = true"), text.rfind("approximate = true"));
  EXPECT_GT(text.find("approximate = true"), text.find("net#1@host"));
  const Ended none = Covey({"eval", data, "--type", "cifar10", "--run", net + "#9"});
  EXPECT_EQ(none.code, 1);
  EXPECT_NE(none.err.find("found 9, expected"), std::string::npos) << none.err;
}

TEST(EvalVariants, RunOnABoardAsTheyDoHere) {
  const std::string data = WriteTemp("six.bin", Records(6)), net = TempPath("net4.covey"),
                    csv = TempPath("variants.csv");
  ASSERT_EQ(
      Covey({"compile", kDeviceModel, "--calibrate", WriteTemp("many4.bin", Records(90)), "--type",
             "cifar10", "--variants", "0,5", "--effort", "quick", "--target", "m4", "-o", net})
          .code,
      0);
  const Ended run =
      Covey({"eval", data, "--type", "cifar10", "--run", "here=" + net + "#1", "--run",
             "there=" + net + "#1@board:m4", "--reference", net + "#1", "--csv", csv, "--json"});
  if (run.err.find("no firmware") != std::string::npos) GTEST_SKIP() << "firmware: " << run.err;
  ASSERT_EQ(run.code, 0) << run.err;
  const Json there = run.json()["pairs"][1];
  EXPECT_EQ(there["top1_agreement"]["value"], 1);
  EXPECT_LT(there["confidence_deviation"]["value"], 1e-6);
  EXPECT_EQ(there["latency_kind"], "modelled");
  EXPECT_GT(there["energy_uj"], 0);
}

TEST(EvalEnds, EarlyOnSigintWithWhatWasAskedUntilThen) {
  const std::string csv = TempPath("stopped.csv");
  Background eval({"eval", Mixed(300), "--type", "cifar10", "--run", "a=" + kFullModel, "--rounds",
                   "1000", "--csv", csv});
  ASSERT_TRUE(WaitForNote(eval, "a.png is missed")) << eval.err();
  EXPECT_EQ(eval.Stop(SIGINT), 130) << eval.err();
  EXPECT_NE(eval.err().find("covey: stopped after "), std::string::npos) << eval.err();
  EXPECT_NE(ReadAll(csv).find("shapes.bin:0,0,"), std::string::npos);
}

TEST(EvalGoesOn, WithoutAnAgentThatDiesInTheMiddle) {
  Repository models;
  Agent agent({"--models", models.path()});
  ASSERT_NE(agent.address(), "") << agent.log();
  Background eval({"eval", Mixed(100), "--type", "cifar10", "--run", "here=" + kFullModel, "--run",
                   "there=full@agent:" + agent.address(), "--rounds", "9"});
  ASSERT_TRUE(WaitForNote(eval, "there: ")) << eval.err();
  agent.Stop(SIGKILL);
  const std::string line = eval.WaitForLine("there missed");
  EXPECT_NE(line.find(" of 909, first "), std::string::npos) << line << eval.err();
}

TEST(EvalTells, OfLabelsThatNoNetworkKnows) {
  std::string labels;
  for (int i = 0; i < 12; ++i) labels += i == 3 ? "1000\n" : "0\n";
  const Ended run =
      Covey({"eval", WriteTemp("labelled.bin", Records(12)), "--type", "cifar10", "--run",
             "a=" + kDeviceModel, "--labels", WriteTemp("wrong.csv", labels), "--json"});
  ASSERT_EQ(run.code, 0) << run.err;
  ASSERT_EQ(run.json()["notes"].size(), 1U);
  const std::string note = run.json()["notes"][0];
  EXPECT_NE(note.find("1 of 12 labels are beyond the classes of a, 0 to 9; the first is 1000"),
            std::string::npos)
      << note;
}

TEST(EvalRefuses, AFileItCannotWriteBeforeItAsksAnything) {
  for (const char* option : {"--csv", "--html", "--profiles"}) {
    const Ended run = Covey({"eval", "no such data", "--run", kDeviceModel, option, "/nowhere/x"});
    EXPECT_EQ(run.code, 1);
    EXPECT_NE(run.err.find("/nowhere/x: cannot create"), std::string::npos) << run.err;
  }
}

}  // namespace
}  // namespace covey::cli_test
