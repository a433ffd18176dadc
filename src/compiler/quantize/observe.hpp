// Range methods: from all values that a tensor had on the calibration samples to the interval that
// int8 shall span.
//
//   const Spread spread(values);                       // sorted into 2,048 bins
//   const Interval r = spread.RangeBy(RangeMethod::kMse);
//
//   min-max      all of it
//   percentile   leaves out 0.01 % (or 0.001 %) of the values, shared between both ends
//   mse          the range with the least mean squared difference between values and what int8
//                keeps
//   entropy      the range with the least Kullback-Leibler divergence between the values'
//                histogram and what is left of it at 256 levels
//
// Exact zeros, of which relu makes many, are kept by every range: no method looks at them.
//
// Exact: the same values, in the same order, give the same interval on every machine.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/quantize/interval.hpp"

namespace covey::compiler {

enum class RangeMethod { kMinMax, kPercentile9999, kPercentile99999, kMse, kEntropy };
inline constexpr std::array kRangeMethods{RangeMethod::kMinMax, RangeMethod::kPercentile9999,
                                          RangeMethod::kPercentile99999, RangeMethod::kMse,
                                          RangeMethod::kEntropy};
const char* RangeMethodName(RangeMethod method);  // "min-max", "percentile 99.99", ...

class Spread {
 public:
  static constexpr size_t kBins = 2048;

  // Finite values; none at all spans [0, 0].
  explicit Spread(std::span<const float> values);

  Interval RangeBy(RangeMethod method) const;
  Interval all() const { return all_; }
  uint64_t count() const { return count_; }

  // The mean squared difference that int8 with this range makes; for a test to check Mse against.
  double ErrorOf(Interval range) const;
  // The divergence that kEntropy minimises.
  double DivergenceOf(Interval range) const;

 private:
  double Centre(size_t bin) const;
  Interval Percentile(double kept) const;
  template <typename Cost>
  Interval Search(Cost cost) const;

  Interval all_, base_;  // of the values; of the bins
  uint64_t count_ = 0;
  double width_ = 0;  // of a bin
  std::vector<uint64_t> bins_;
};

}  // namespace covey::compiler
