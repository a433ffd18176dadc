#include "compiler/quantize/observe.hpp"

#include <algorithm>
#include <cmath>

namespace covey::compiler {

const char* RangeMethodName(RangeMethod method) {
  switch (method) {
    case RangeMethod::kMinMax:
      return "min-max";
    case RangeMethod::kPercentile9999:
      return "percentile 99.99";
    case RangeMethod::kPercentile99999:
      return "percentile 99.999";
    case RangeMethod::kMse:
      return "mse";
    case RangeMethod::kEntropy:
      return "entropy";
  }
  return "unknown";
}

Spread::Spread(std::span<const float> values) : count_(values.size()), bins_(kBins) {
  if (values.empty()) return;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  all_ = {*least, *most};
  // Every range holds zero, so that a range far from the values must show as such.
  base_ = Union(all_, {0, 0});
  width_ = (double{base_.hi} - double{base_.lo}) / double{kBins};
  for (float x : values) {
    if (x == 0) continue;
    const double at = width_ > 0 ? (double{x} - double{base_.lo}) / width_ : 0;
    ++bins_[std::min(static_cast<size_t>(at), kBins - 1)];
  }
}

double Spread::Centre(size_t bin) const {
  return double{base_.lo} + (static_cast<double>(bin) + 0.5) * width_;
}

Interval Spread::Percentile(double kept) const {
  // A little more than the exact number: it is no binary fraction.
  const double each = static_cast<double>(count_) * (1 - kept) / 2 + 1e-6;
  size_t lo = 0, hi = kBins;
  double below = 0, above = 0;
  while (lo < hi && below + static_cast<double>(bins_[lo]) <= each) {
    below += static_cast<double>(bins_[lo++]);
  }
  while (hi > lo + 1 && above + static_cast<double>(bins_[hi - 1]) <= each) {
    above += static_cast<double>(bins_[--hi]);
  }
  const auto edge = [&](size_t bin) {
    return static_cast<float>(double{base_.lo} + static_cast<double>(bin) * width_);
  };
  return {std::max(all_.lo, edge(lo)), std::min(all_.hi, edge(hi))};
}

double Spread::ErrorOf(Interval range) const {
  const ScaleZero q = AsymmetricInt8(range);
  double sum = 0;
  for (size_t b = 0; b < kBins; ++b) {
    if (bins_[b] == 0) continue;
    const double x = Centre(b);
    const double off = x - double{RoundTrip(static_cast<float>(x), q)};
    // Values spread evenly within a bin: a grid that is finer than the bins gains nothing more.
    sum += static_cast<double>(bins_[b]) * off * off;
  }
  return count_ > 0 ? sum / static_cast<double>(count_) : 0;
}

// What is left of the histogram: values outside fall on the ends; within a level the values are
// spread evenly over the bins that had any.
double Spread::DivergenceOf(Interval range) const {
  const ScaleZero q = AsymmetricInt8(range);
  std::array<double, 256> mass{}, used{};
  std::vector<double> clipped(kBins);
  std::vector<int> level(kBins);
  const float lo = q.scale * static_cast<float>(-128 - q.zero_point);
  const float hi = q.scale * static_cast<float>(127 - q.zero_point);
  const auto bin_of = [&](double x) {
    return static_cast<size_t>(
        std::clamp((x - double{base_.lo}) / width_, 0.0, static_cast<double>(kBins - 1)));
  };
  const size_t first = bin_of(double{lo}), last = bin_of(double{hi});
  for (size_t b = 0; b < kBins; ++b) {
    clipped[std::clamp(b, first, last)] += static_cast<double>(bins_[b]);
  }
  for (size_t b = first; b <= last; ++b) {
    level[b] = QuantiseInt8(static_cast<float>(Centre(b)), q) + 128;
    // The values that were cut off are no part of what the levels can say.
    mass[static_cast<size_t>(level[b])] += static_cast<double>(bins_[b]);
    used[static_cast<size_t>(level[b])] += clipped[b] > 0 ? 1 : 0;
  }
  double inside = 0, whole = 0;
  for (double m : mass) inside += m;
  for (double c : clipped) whole += c;
  double sum = 0;
  for (size_t b = first; b <= last; ++b) {
    if (clipped[b] <= 0) continue;
    const double p = clipped[b] / whole;
    const auto l = static_cast<size_t>(level[b]);
    // A bin that only holds what was cut off has no share; a small one keeps the sum finite.
    constexpr double kLeast = 1e-9;
    const double r = std::max(kLeast, inside > 0 ? mass[l] / used[l] / inside : 0.0);
    sum += p * std::log(p / r);
  }
  return sum;
}

// The best of ranges that keep both ends' proportion, and then, where both ends are far from zero,
// of ranges that draw in one end only.
template <typename Cost>
Interval Spread::Search(Cost cost) const {
  constexpr int kSteps = 100;
  Interval best = all_;
  double least = cost(all_);
  const auto consider = [&](Interval range) {
    const double c = cost(range);
    if (c < least) {
      least = c;
      best = range;
    }
  };
  const auto part = [](float x, int step) { return static_cast<float>(double{x} * step / kSteps); };
  const Interval from = Union(all_, {0, 0});
  for (int step = 10; step < kSteps; ++step) {
    consider({part(from.lo, step), part(from.hi, step)});
  }
  if (from.lo < 0 && from.hi > 0) {
    const Interval both = best;
    for (int step = 10; step < kSteps; ++step) {
      consider({part(both.lo, step), both.hi});
      consider({both.lo, part(both.hi, step)});
    }
  }
  return best;
}

Interval Spread::RangeBy(RangeMethod method) const {
  if (count_ == 0 || !(width_ > 0)) return all_;
  switch (method) {
    case RangeMethod::kMinMax:
      return all_;
    case RangeMethod::kPercentile9999:
      return Percentile(0.9999);
    case RangeMethod::kPercentile99999:
      return Percentile(0.99999);
    case RangeMethod::kMse:
      return Search([this](Interval range) { return ErrorOf(range); });
    case RangeMethod::kEntropy:
      return Search([this](Interval range) { return DivergenceOf(range); });
  }
  return all_;
}

}  // namespace covey::compiler
