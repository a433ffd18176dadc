#include "apps/covey/place/target.hpp"

#include <gtest/gtest.h>

namespace covey::app {
namespace {

TEST(Target, KnowsHostBoardAndAgent) {
  EXPECT_EQ(ParseTarget("host").value().kind, Target::Kind::kHost);
  EXPECT_EQ(ParseTarget("local").value().kind, Target::Kind::kHost);
  EXPECT_EQ(ParseTarget("local").value().text, "host");
  const auto board = ParseTarget("board:m33");
  ASSERT_TRUE(board);
  EXPECT_EQ(board.value().board, "m33");
  const auto agent = ParseTarget("agent:edge.local:7700");
  ASSERT_TRUE(agent);
  EXPECT_EQ(agent.value().agent.host, "edge.local");
  EXPECT_EQ(agent.value().agent.port, 7700);
}

TEST(Target, TakesIpv6InBrackets) {
  const auto agent = ParseTarget("agent:[::1]:80");
  ASSERT_TRUE(agent);
  EXPECT_EQ(agent.value().agent.host, "::1");
  EXPECT_EQ(agent.value().agent.text(), "[::1]:80");
}

TEST(Target, RefusesWhatItDoesNotKnowAndSaysWhatItFound) {
  for (const char* text :
       {"", "hosts", "board", "agent:", "agent:host", "agent::1", "agent:h:0", "agent:h:65536",
        "agent:h:7x", "agent:::1:80", "agent:h:", "agent:[]:7"}) {
    const auto target = ParseTarget(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error().code, 3U);
    EXPECT_NE(target.error().message.find("expected"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace covey::app
