#include "apps/covey/demo/answer_line.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace covey::app {
namespace {

constexpr std::string_view kImage = "image ";

// The next word, without the blanks around it; empty at the end.
std::string_view TakeWord(std::string_view& rest) {
  const size_t begin = std::min(rest.find_first_not_of(' '), rest.size());
  rest.remove_prefix(begin);
  const size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

template <typename T>
bool ParseWhole(std::string_view word, T& number) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size() && !word.empty();
}

bool ParseFraction(std::string_view word, double& number) {
  const std::string text(word);
  char* end = nullptr;
  number = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' && std::isfinite(number);
}

// "image 12:" off the front; the number.
std::optional<uint32_t> TakeImage(std::string_view& rest) {
  if (rest.substr(0, kImage.size()) != kImage) return std::nullopt;
  rest.remove_prefix(kImage.size());
  const size_t colon = rest.find(':');
  uint32_t image = 0;
  if (colon == std::string_view::npos || !ParseWhole(rest.substr(0, colon), image)) {
    return std::nullopt;
  }
  rest.remove_prefix(colon + 1);
  return image;
}

// "5 dog confidence": a label may hold blanks.
bool TakeClass(std::string_view& rest, BoardAnswer& answer) {
  if (!ParseWhole(TakeWord(rest), answer.index)) return false;
  for (std::string_view word = TakeWord(rest); word != "confidence"; word = TakeWord(rest)) {
    if (word.empty()) return false;
    answer.label += (answer.label.empty() ? "" : " ") + std::string(word);
  }
  return ParseFraction(TakeWord(rest), answer.confidence);
}

bool TakePair(std::string_view key, std::string_view& rest, BoardAnswer& answer) {
  if (key == "reason") {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    answer.reason = rest;
    rest = {};
    return true;
  }
  const std::string_view value = TakeWord(rest);
  if (value.empty()) return false;
  if (key == "place") {
    answer.place = value;
    if (value == "agent") answer.place += " " + std::string(TakeWord(rest));  // its address
  }
  if (key == "fell_back") answer.fell_back = value == "yes";
  if (key == "truth") rest = {};  // for people
  if (key == "instructions") return ParseWhole(value, answer.instructions.emplace());
  return true;
}

}  // namespace

std::optional<BoardAnswer> ParseAnswerLine(std::string_view line) {
  BoardAnswer answer;
  const std::optional<uint32_t> image = TakeImage(line);
  if (!image) return std::nullopt;
  answer.image = *image;
  const std::string_view kind = TakeWord(line);
  if (kind == "error") {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    answer.error = line.empty() ? "unknown" : std::string(line);
    return answer;
  }
  if (kind != "class" || !TakeClass(line, answer)) return std::nullopt;
  for (std::string_view key = TakeWord(line); !key.empty(); key = TakeWord(line)) {
    if (!TakePair(key, line, answer)) return std::nullopt;
  }
  if (answer.place.empty()) return std::nullopt;
  return answer;
}

}  // namespace covey::app
