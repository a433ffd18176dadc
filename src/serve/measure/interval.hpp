// Estimates with 95 % intervals, of the kinds that an evaluation states.
//
//   Estimate top1 = ShareOf(445, 500);               // Wilson: {0.89, 0.8596, 0.9145}
//   Estimate mean = RatioOf(differences, ones);      // bootstrap over the pictures
//   Estimate efficiency = RatioOf(correct, milliseconds);
//
// RatioOf is sum(above) / sum(below); its interval is the 2.5th and 97.5th percentile of 1,000
// resamples of the pictures, by nearest rank. The seed is fixed: the same values give the same
// interval. Both lists stand for the same pictures, so what is paired stays paired.
// Source: Wilson 1927; Efron and Tibshirani 1993, chapter 13.
#pragma once

#include <cstddef>
#include <span>

namespace covey::serve {

struct Estimate {
  double value = 0, low = 0, high = 0;
};

// `hits` may be a fraction: pictures that were right in some rounds only. All zero if `count` is 0.
Estimate ShareOf(double hits, double count);

// All zero if there are no pictures or the sum below is not positive.
Estimate RatioOf(std::span<const double> above, std::span<const double> below);
Estimate MeanOf(std::span<const double> values);

}  // namespace covey::serve
