#include "core/host/toml.hpp"

#include <gtest/gtest.h>

namespace covey {
namespace {

TEST(ParseToml, ReadsATable) {
  const ParsedToml parsed = ParseToml("a = 1\n[b]\nname = \"caf\xC3\xA9\"\n");
  ASSERT_FALSE(parsed.fault.has_value());
  EXPECT_EQ(parsed.root["a"].value_or(0), 1);
  EXPECT_EQ(parsed.root["b"]["name"].value_or(std::string()), "caf\xC3\xA9");
}

TEST(ParseToml, NamesTheLineOfAWrongEntry) {
  const ParsedToml parsed = ParseToml("a = 1\nb = \n");
  ASSERT_TRUE(parsed.fault.has_value());
  EXPECT_EQ(parsed.fault->line, 2U);
  EXPECT_FALSE(parsed.fault->words.empty());
  EXPECT_EQ(ParseToml("a = 1\n\nb = caf\xC3\xA9").fault->line, 3U);
}

// Texts on which the parser's own checks fail, or once failed.
TEST(ParseToml, RefusesWhatTheParserTakesForImpossible) {
  for (const char* text : {"[\n", "a = 1\n [ \n]", "[[\nx]]", "[", "[ # x\n", "[)[b]]", "[[.a]]",
                           "[\r]", "a = [1,,2]", "a = [1 2", "a = {b", "a = 0x", "a.", "\"a"}) {
    const ParsedToml parsed = ParseToml(std::string("first = 1\n") + text);
    ASSERT_TRUE(parsed.fault.has_value()) << text;
    EXPECT_GE(parsed.fault->line, 2U) << text;
    EXPECT_LE(parsed.fault->line, 4U) << text;
    EXPECT_TRUE(parsed.root.empty());
  }
}

}  // namespace
}  // namespace covey
