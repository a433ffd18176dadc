#include "serve/measure/quantiles.hpp"

#include <algorithm>
#include <cmath>

namespace covey::serve {

Quantiles QuantilesOf(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double q) {
    const double rank = std::ceil(q * static_cast<double>(values.size()));
    return values[std::max<size_t>(static_cast<size_t>(rank), 1) - 1];
  };
  return {values.front(), at(0.5), at(0.9), at(0.99), values.back()};
}

}  // namespace covey::serve
