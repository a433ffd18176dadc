#include "core/text.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace covey {
namespace {

TEST(Text, JoinsWordsAndNumbers) {
  Text<64> text;
  text.Add("tensor ").AddNumber(7).Add(": ").AddNumber(-40).Add(" and ").AddNumber(0);
  EXPECT_STREQ(text.c_str(), "tensor 7: -40 and 0");
}

TEST(Text, WritesTheExtremeNumbers) {
  Text<64> text;
  text.AddNumber(std::numeric_limits<int64_t>::min())
      .Add(" ")
      .AddNumber(std::numeric_limits<int64_t>::max());
  EXPECT_STREQ(text.c_str(), "-9223372036854775808 9223372036854775807");
}

TEST(Text, CutsOffWhatDoesNotFit) {
  Text<5> text;
  text.Add("abcdefg").AddNumber(1);
  EXPECT_STREQ(text.c_str(), "abcd");
}

}  // namespace
}  // namespace covey
