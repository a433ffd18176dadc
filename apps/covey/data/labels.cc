#include "apps/covey/data/labels.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"

namespace covey::app {
namespace {

// Nothing if the last field is no class number.
std::optional<LabelLine> ParseLine(std::string_view line) {
  const size_t comma = line.find_last_of(',');
  const std::string_view field = line.substr(comma == line.npos ? 0 : comma + 1);
  LabelLine one;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), one.label);
  if (error != std::errc() || end != field.data() + field.size() || one.label < 0) return {};
  if (comma != line.npos) one.file = line.substr(0, line.find(','));
  return one;
}

// The names of columns, not a number that is wrong.
bool IsHeader(std::string_view line) {
  const size_t comma = line.find_last_of(',');
  const char first = line[comma == line.npos || comma + 1 == line.size() ? 0 : comma + 1];
  return std::string_view("0123456789+-.").find(first) == std::string_view::npos;
}

std::string_view NextLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  return line;
}

}  // namespace

Expected<std::vector<LabelLine>> ParseLabels(std::string_view text, const std::string& source) {
  std::vector<LabelLine> labels;
  std::ptrdiff_t columns = -1;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = NextLine(text);
    if (line.empty() || line[0] == '#') continue;
    const std::optional<LabelLine> one = ParseLine(line);
    if (!one && number == 1 && IsHeader(line)) continue;
    const std::ptrdiff_t commas = std::count(line.begin(), line.end(), ',');
    std::string expected;
    if (!one) {
      expected = "a class number, or file,class";
    } else if (columns >= 0 && commas != columns) {
      expected = std::to_string(columns + 1) + " columns as in the lines before";
    }
    if (!expected.empty()) {
      return MakeError(Code::kInvalidArgument, source + ": line " + std::to_string(number) +
                                                   " is '" + std::string(line.substr(0, 80)) +
                                                   "', expected " + expected);
    }
    columns = commas;
    labels.push_back(*one);
  }
  return labels;
}

Expected<std::vector<LabelLine>> ReadLabels(const std::string& path) {
  const Expected<std::string> text = ReadText(path);
  if (!text) return text.error();
  return ParseLabels(text.value(), path);
}

Expected<std::vector<int>> ReadClasses(const std::string& path, size_t samples) {
  const Expected<std::vector<LabelLine>> lines = ReadLabels(path);
  if (!lines) return lines.error();
  std::vector<int> classes;
  for (const LabelLine& line : lines.value()) classes.push_back(line.label);
  if (classes.size() == samples) return classes;
  return MakeError(Code::kInvalidArgument, path + ": " + std::to_string(classes.size()) +
                                               " labels for " + std::to_string(samples) +
                                               " samples");
}

}  // namespace covey::app
