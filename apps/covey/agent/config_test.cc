#include "apps/covey/agent/config.hpp"

#include <gtest/gtest.h>

#include "core/host/temp_dir.hpp"

namespace covey::app {
namespace {

class AgentToml : public testing::Test {
 protected:
  Expected<void> Read(const std::string& text) {
    EXPECT_TRUE(dir_.Write("agent.toml", text));
    return ReadAgentToml((dir_.path() / "agent.toml").string(), settings_);
  }
  TempDir dir_;
  AgentSettings settings_;
};

TEST_F(AgentToml, SetsWhatItNamesAndNothingElse) {
  ASSERT_TRUE(
      Read("models = 'm'\nlisten = '0.0.0.0:0'\n[onnx]\nthreads = 2\n[log]\njson = true\n"));
  EXPECT_EQ(settings_.agent.models, "m");
  EXPECT_EQ(settings_.agent.host, "0.0.0.0");
  EXPECT_EQ(settings_.agent.port, 0);
  EXPECT_EQ(settings_.onnx_threads, 2);
  EXPECT_TRUE(settings_.log_json);
  EXPECT_EQ(settings_.agent.max_connections, serve::AgentConfig().max_connections);
}

TEST_F(AgentToml, NamesAnUnknownKeyAndItsLine) {
  const auto read = Read("models = 'm'\nmodel = 'x'\n");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("line 2: 'model'"), std::string::npos)
      << read.error().message;
}

TEST_F(AgentToml, SaysWhatItFoundAndExpected) {
  const auto read = Read("workers = 'many'\n");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("found 'many'"), std::string::npos) << read.error().message;
  EXPECT_NE(read.error().message.find("expected a whole number from 0 to 1024"), std::string::npos);
}

TEST_F(AgentToml, RefusesAListenAddressWithoutPort) {
  EXPECT_FALSE(Read("listen = 'localhost'\n"));
}

TEST_F(AgentToml, SaysWhereTheSyntaxBreaks) {
  const auto read = Read("models = 'm'\nlisten =\n");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("line 2"), std::string::npos) << read.error().message;
}

TEST_F(AgentToml, ThatIsMissingIsNotFound) {
  const auto read = ReadAgentToml("/nowhere/agent.toml", settings_);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, 5U);
}

}  // namespace
}  // namespace covey::app
