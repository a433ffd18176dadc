#include "apps/covey/signal/numbers.hpp"

#include <charconv>
#include <cmath>

namespace covey::app {

std::optional<int32_t> LengthOf(const std::string& text, int32_t rate) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  const std::string unit(rest, end);
  if (unit == "ms") {
    value *= rate / 1000.0;
  } else if (unit == "s") {
    value *= rate;
  } else if (!unit.empty()) {
    return std::nullopt;
  }
  const double samples = std::round(value);
  if (samples < 1 || samples > (1 << 26)) return std::nullopt;
  return static_cast<int32_t>(samples);
}

std::optional<std::vector<int32_t>> SizeOf(const std::string& text) {
  std::vector<int32_t> sizes;
  const char *at = text.data(), *end = at + text.size();
  while (true) {
    int32_t size = 0;
    const auto [rest, error] = std::from_chars(at, end, size);
    if (error != std::errc() || size < 1 || size > 16384) return std::nullopt;
    sizes.push_back(size);
    if (rest == end) break;
    if (*rest != 'x') return std::nullopt;
    at = rest + 1;
  }
  if (sizes.size() < 2 || sizes.size() > 3) return std::nullopt;
  return sizes;
}

}  // namespace covey::app
