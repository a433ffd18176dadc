#include "apps/covey/io/numbers.hpp"

#include <charconv>
#include <cmath>
#include <sstream>

namespace covey::app {
namespace {

constexpr int64_t kMostBytes = int64_t{1} << 40;

template <typename T>
bool Parse(const std::string& text, T& value) {
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && last == end;
}

std::string Short(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

}  // namespace

CLI::Validator WholeBytes() {
  return CLI::Validator(
      [](const std::string& text) {
        int64_t bytes = 0;
        if (Parse(text, bytes) && bytes >= 0 && bytes <= kMostBytes) return std::string();
        return "found '" + text + "', expected a whole number of bytes from 0 to " +
               std::to_string(kMostBytes) + ", without a unit";
      },
      "");
}

CLI::Validator NumberFrom(double low, double high) {
  return CLI::Validator(
      [=](const std::string& text) {
        double value = 0;
        if (Parse(text, value) && std::isfinite(value) && value >= low && value <= high) {
          return std::string();
        }
        return "found '" + text + "', expected a number from " + Short(low) + " to " + Short(high);
      },
      "");
}

}  // namespace covey::app
