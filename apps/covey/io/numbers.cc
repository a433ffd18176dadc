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
      [](std::string& text) {
        int64_t bytes = 0;
        int64_t unit = 1;
        std::string digits = text;
        if (!text.empty() && (text.back() == 'k' || text.back() == 'M')) {
          unit = text.back() == 'k' ? 1024 : 1024 * 1024;
          digits.pop_back();
        }
        if (!Parse(digits, bytes) || bytes < 0 || bytes > kMostBytes / unit) {
          return "found '" + text + "', expected a whole number of bytes from 0 to " +
                 std::to_string(kMostBytes) + ", or of units of 1024 (64k) or 1024 * 1024 (2M)";
        }
        text = std::to_string(bytes * unit);
        return std::string();
      },
      "");
}

CLI::Validator WholeNumber(uint64_t most) {
  return CLI::Validator(
      [=](const std::string& text) {
        uint64_t value = 0;
        if (Parse(text, value) && value <= most) return std::string();
        return "found '" + text + "', expected a whole number from 0 to " + std::to_string(most);
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
