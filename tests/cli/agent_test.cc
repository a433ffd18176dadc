// `covey agent` in the background, and the commands that ask it.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/cli/material.hpp"

namespace covey::cli_test {
namespace {

const std::string kSample(3072, '\x11');

class AgentProgram : public testing::Test {
 protected:
  Repository models_;
};
using NoAgent = AgentProgram;

TEST_F(AgentProgram, StopsCleanlyOnSigtermAndSigint) {
  for (int signal : {SIGTERM, SIGINT}) {
    Agent agent({"--models", models_.path()});
    ASSERT_NE(agent.address(), "") << agent.first_line() << agent.log();
    EXPECT_EQ(agent.first_line(), "covey agent listening on " + agent.address());
    EXPECT_EQ(agent.Stop(signal), 0) << agent.log();
  }
}

TEST_F(AgentProgram, LogsJsonLinesOnDemand) {
  Agent agent({"--models", models_.path(), "--json"});
  ASSERT_NE(agent.address(), "") << agent.log();
  EXPECT_EQ(Json::parse(agent.first_line(), nullptr, false)["event"], "listening")
      << agent.first_line();
  EXPECT_EQ(Covey({"run", "device", "--on", "agent:" + agent.address()}, kSample).code, 0);
  EXPECT_EQ(agent.Stop(SIGTERM), 0);
  std::istringstream log(agent.log());
  size_t lines = 0;
  for (std::string line; std::getline(log, line); ++lines) {
    const Json parsed = Json::parse(line, nullptr, false);
    ASSERT_TRUE(parsed.is_object()) << line;
    EXPECT_TRUE(parsed.contains("time") && parsed.contains("level")) << line;
    EXPECT_TRUE(parsed.contains("event")) << line;
  }
  EXPECT_GT(lines, 1U);
}

TEST_F(AgentProgram, TakesItsSettingsFromTomlAndFlagsWin) {
  const std::string config =
      WriteTemp("agent.toml", "models = '/nowhere'\nworkers = 1\n[log]\nlevel = 'off'\n");
  Agent agent({"--config", config, "--models", models_.path()});
  ASSERT_NE(agent.address(), "") << agent.log();
  EXPECT_EQ(agent.Stop(SIGTERM), 0);
  EXPECT_EQ(agent.log(), "");
}

TEST_F(AgentProgram, NamesAWrongKeyOfItsSettings) {
  const std::string config = WriteTemp("agent.toml", "worker = 1\n");
  const Ended run = Covey({"agent", "--config", config});
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.err.find(config + ": line 1: 'worker'"), std::string::npos) << run.err;
}

TEST_F(AgentProgram, RefusesAPortThatIsTaken) {
  Agent first({"--models", models_.path()});
  ASSERT_NE(first.address(), "") << first.log();
  const Ended second = Covey({"agent", "--models", models_.path(), "--listen", first.address()});
  EXPECT_EQ(second.code, 1);
  EXPECT_NE(second.err.find(first.address().substr(first.address().find(':'))), std::string::npos)
      << second.err;
}

class AskAgent : public AgentProgram {
 protected:
  void SetUp() override { ASSERT_NE(agent_.address(), "") << agent_.log(); }
  std::string on() const { return "agent:" + agent_.address(); }
  Agent agent_{{"--models", models_.path()}};
};

TEST_F(AskAgent, ModelsListsWhatItServes) {
  const Ended table = Covey({"models", agent_.address()});
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_NE(table.out.find("int8[1,32,32,3]"), std::string::npos) << table.out;
  const Json models = Covey({"models", agent_.address(), "--json"}).json()["models"];
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0]["name"], "device");
  EXPECT_EQ(models[0]["backend"], "int8");
  EXPECT_GT(models[0]["arena_bytes"], 0);
  EXPECT_EQ(models[1]["name"], "full");
}

TEST_F(AskAgent, RunByNameGivesTheBytesOfTheHost) {
  const Ended there = Covey({"run", "device", "--on", on(), "--json"}, kSample + kSample);
  EXPECT_EQ(there.code, 0) << there.err;
  EXPECT_EQ(there.out, Covey({"run", kDeviceModel}, kSample + kSample).out);
  EXPECT_EQ(there.err_json()["place"], on());
  EXPECT_EQ(there.err_json()["latency_kind"], "measured");
}

TEST_F(AskAgent, AnUnknownModelIsNotFoundAndNamed) {
  const Ended run = Covey({"run", "resnet99", "--on", on()}, kSample);
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.err.find("resnet99"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("NOT_FOUND"), std::string::npos) << run.err;
}

TEST_F(AskAgent, AWrongSampleSizeIsFoundBeforeAnythingIsSent) {
  const Ended run = Covey({"run", "device", "--on", on()}, kSample + "x");
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.err.find("found 3073 bytes, expected a multiple of 3072"), std::string::npos)
      << run.err;
}

// An address where nobody listens: an agent that was there and has gone.
std::string DeadAddress(const std::string& models) {
  Agent agent({"--models", models});
  const std::string address = agent.address();
  EXPECT_EQ(agent.Stop(SIGTERM), 0);
  return address;
}

TEST_F(NoAgent, IsUnavailable) {
  const std::string address = DeadAddress(models_.path());
  for (const Arguments& command :
       {Arguments{"models", address}, Arguments{"run", "device", "--on", "agent:" + address}}) {
    const Ended run = Covey(command, kSample);
    EXPECT_EQ(run.code, 1);
    EXPECT_NE(run.err.find(address), std::string::npos) << run.err;
    EXPECT_NE(run.err.find("UNAVAILABLE"), std::string::npos) << run.err;
  }
}

}  // namespace
}  // namespace covey::cli_test
