#include "serve/measure/interval.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace covey::serve {
namespace {

constexpr double kZ = 1.959963984540054;  // 97.5th percentile of the normal distribution
constexpr size_t kResamples = 1000;
constexpr uint64_t kSeed = 0x9E3779B97F4A7C15U;

// splitmix64: one step.
uint64_t Next(uint64_t& state) {
  uint64_t z = state += 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

double Sum(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

Estimate ShareOf(double hits, double count) {
  if (!(count > 0)) return {};
  const double p = hits / count, z2 = kZ * kZ / count;
  const double middle = (p + z2 / 2) / (1 + z2);
  const double half = kZ / (1 + z2) * std::sqrt(p * (1 - p) / count + z2 / (4 * count));
  return {p, std::max(middle - half, 0.0), std::min(middle + half, 1.0)};
}

Estimate RatioOf(std::span<const double> above, std::span<const double> below) {
  const size_t n = std::min(above.size(), below.size());
  const double whole = Sum(below.first(n));
  if (n == 0 || !(whole > 0)) return {};
  std::vector<double> ratios;
  uint64_t state = kSeed;
  for (size_t r = 0; r < kResamples; ++r) {
    double up = 0, down = 0;
    for (size_t i = 0; i < n; ++i) {
      const size_t pick = static_cast<size_t>(Next(state) % n);
      up += above[pick], down += below[pick];
    }
    if (down > 0) ratios.push_back(up / down);
  }
  std::sort(ratios.begin(), ratios.end());
  const auto at = [&](double q) {
    const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(ratios.size())));
    return ratios.empty() ? 0 : ratios[std::max<size_t>(rank, 1) - 1];
  };
  return {Sum(above.first(n)) / whole, at(0.025), at(0.975)};
}

Estimate MeanOf(std::span<const double> values) {
  return RatioOf(values, std::vector<double>(values.size(), 1.0));
}

}  // namespace covey::serve
