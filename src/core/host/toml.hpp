// ParseToml reads a TOML text from outside: any bytes end in a table or in a line and words.
//
//   const ParsedToml parsed = ParseToml(text);
//   if (parsed.fault) return Refuse(parsed.fault->line, parsed.fault->words);
//   parsed.root.get("name");
//
// The one place that includes toml++ (3.3), for it needs two things: its checks of itself, which
// damaged texts do fail, must throw in every build, and letters outside of ASCII (toml_text.hpp)
// must not reach it.
#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <sstream>
#include <string>

#include "core/host/toml_text.hpp"

namespace covey {
[[noreturn]] void FailTomlCheck(const char* check);  // throws std::logic_error
}

#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_EXCEPTIONS 1
#define TOML_ASSERT(expression) ((expression) ? void() : covey::FailTomlCheck(#expression))
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

namespace covey {

struct ParsedToml {
  toml::table root;  // empty where there is a fault
  std::optional<TomlFault> fault;
};

ParsedToml ParseToml(std::string text);

}  // namespace covey
