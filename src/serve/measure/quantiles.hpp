// Quantiles of a set of times, by nearest rank: the value at position ceil(q * n), so every figure
// is one that was seen.
#pragma once

#include <vector>

namespace covey::serve {

struct Quantiles {
  double min = 0, median = 0, p90 = 0, p99 = 0, max = 0;
};

// All zero if there are no values.
Quantiles QuantilesOf(std::vector<double> values);

}  // namespace covey::serve
