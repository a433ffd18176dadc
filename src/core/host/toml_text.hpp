// AsciiToml hands a TOML text to the parser (toml.hpp) without a byte that it stumbles over:
// toml++ 3.3 runs into unreachable code on letters outside of ASCII where none may be.
//
//   std::string text = "name = \"café\"";
//   if (const auto fault = AsciiToml(text)) return Refuse(fault->line, fault->words);
//   text                                     // name = "caf\U000000E9"
//
// Letters in "strings" become escapes, comments lose theirs; the lines stay where they were.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace covey {

struct TomlFault {
  size_t line = 0;
  std::string words;
};

// Changes `text`, or says why it is no TOML: letters outside of ASCII where none may be, or between
// '...', which have no escapes; bytes that are no UTF-8.
std::optional<TomlFault> AsciiToml(std::string& text);

}  // namespace covey
