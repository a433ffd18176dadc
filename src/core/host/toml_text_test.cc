#include "core/host/toml_text.hpp"

#include <gtest/gtest.h>

namespace covey {
namespace {

std::string Ascii(std::string text) {
  EXPECT_FALSE(AsciiToml(text).has_value());
  return text;
}

TomlFault Fault(std::string text) {
  const std::string before = text;
  const std::optional<TomlFault> fault = AsciiToml(text);
  EXPECT_EQ(text, before);
  return fault.value_or(TomlFault{});
}

TEST(AsciiToml, LeavesAsciiAsItIs) {
  for (const char* text : {"", "a = 1\n[b]\nc = [\n  [1, 2],\n  [\n 3]\n]\n",
                           "x = \"\"\"two\nlines\"\"\"\"\ny = 'a\\'\n",
                           "s = \"a \\\" # no comment\" # a comment\n[[t]]\n"})
    EXPECT_EQ(Ascii(text), text);
}

TEST(AsciiToml, EscapesLettersInStringsAndDropsThemInComments) {
  EXPECT_EQ(Ascii("a = \"caf\xC3\xA9\" # \xC3\xA9t\xC3\xA9\nb = 1"),
            "a = \"caf\\U000000E9\" # t\nb = 1");
  EXPECT_EQ(Ascii("a = \"\xE2\x82\xAC\xF0\x9F\x98\x80\""), "a = \"\\U000020AC\\U0001F600\"");
}

TEST(AsciiToml, NamesTheLineOfWhatItRefuses) {
  EXPECT_EQ(Fault("a = 1\nb = caf\xC3\xA9").line, 2U);
  EXPECT_EQ(Fault("a = 1\n\nb = 'caf\xC3\xA9'").line, 3U);
  EXPECT_EQ(Fault("a = \"\n\"").line, 1U);
}

TEST(AsciiToml, RefusesBytesThatAreNoUtf8) {
  for (const char* bytes : {"\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80",
                            "\xF4\x90\x80\x80", "\x80", "\xFF"})
    EXPECT_EQ(Fault(std::string("a = \"") + bytes + "\"").words, "found bytes that are not UTF-8");
}

}  // namespace
}  // namespace covey
