#include "core/host/toml.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

namespace covey {
namespace {

// False where the parser failed its own checks.
bool Stands(const std::string& text) {
  try {
    (void)toml::parse(text);
  } catch (const toml::parse_error&) {
    return true;
  } catch (const std::logic_error&) {
    return false;
  }
  return true;
}

// The line where the parser fails its own checks: it reads from the left and stops there, so every
// text of more lines fails too.
size_t DamagedLine(const std::string& text) {
  std::vector<size_t> ends;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n') ends.push_back(i + 1);
  size_t first = 0, last = ends.size();
  while (first < last) {
    const size_t middle = first + (last - first) / 2;
    if (Stands(text.substr(0, ends[middle])))
      first = middle + 1;
    else
      last = middle;
  }
  return first + 1;
}

}  // namespace

void FailTomlCheck(const char* check) { throw std::logic_error(check); }

ParsedToml ParseToml(std::string text) {
  ParsedToml parsed;
  parsed.fault = AsciiToml(text);
  if (parsed.fault) return parsed;
  try {
    parsed.root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    parsed.fault = TomlFault{error.source().begin.line, std::string(error.description())};
  } catch (const std::logic_error&) {
    parsed.fault = TomlFault{DamagedLine(text), "found a damaged line, expected TOML"};
  }
  return parsed;
}

}  // namespace covey
