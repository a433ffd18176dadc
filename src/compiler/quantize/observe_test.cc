#include "compiler/quantize/observe.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <utility>

namespace covey::compiler {
namespace {

// A bell with a few far outliers: where methods differ.
std::vector<float> Bell(size_t count, uint32_t seed, float outlier) {
  std::minstd_rand random(seed);
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i) {
    double sum = 0;
    for (int k = 0; k < 12; ++k) sum += static_cast<double>(random() % 100000) / 100000;
    values.push_back(static_cast<float>(sum - 6));
  }
  for (size_t i = 0; i < 3; ++i) values[i * 7] = outlier;
  return values;
}

std::vector<float> Rectified(std::vector<float> values) {
  for (float& x : values) x = std::max(x, 0.0F);
  return values;
}

double TrueError(const std::vector<float>& values, Interval range) {
  const ScaleZero q = AsymmetricInt8(range);
  double sum = 0;
  for (float x : values) {
    const double off = double{x} - double{RoundTrip(x, q)};
    sum += off * off;
  }
  return sum / static_cast<double>(values.size());
}

TEST(Interval, GivesTheTfliteScaleAndZeroPoint) {
  const ScaleZero q = AsymmetricInt8({-0.5F, 2.0F});
  EXPECT_FLOAT_EQ(q.scale, 2.5F / 255);
  EXPECT_EQ(q.zero_point, -77);
  EXPECT_EQ(AsymmetricInt8({0, 4}).zero_point, -128);
  EXPECT_EQ(AsymmetricInt8({-4, 0}).zero_point, 127);
}

TEST(Interval, AlwaysHoldsZeroExactly) {
  for (const Interval range : {Interval{1, 3}, Interval{-3, -1}, Interval{0, 0}, Interval{-1, 7}}) {
    const ScaleZero q = AsymmetricInt8(range);
    EXPECT_GT(q.scale, 0);
    EXPECT_EQ(RoundTrip(0, q), 0);
  }
}

TEST(Spread, MinMaxIsTheExtremes) {
  const std::vector<float> values = Bell(5000, 3, 40);
  const auto [lo, hi] = std::minmax_element(values.begin(), values.end());
  const Interval r = Spread(values).RangeBy(RangeMethod::kMinMax);
  EXPECT_EQ(r.lo, *lo);
  EXPECT_EQ(r.hi, *hi);
}

TEST(Spread, PercentileLeavesOutThatManyValues) {
  const std::vector<float> values = Bell(200'000, 5, 9);
  const Interval r = Spread(values).RangeBy(RangeMethod::kPercentile9999);
  const float bin = (Spread(values).all().hi - Spread(values).all().lo) / 2048;
  const auto outside = [&](float lo, float hi) {
    return std::pair(std::count_if(values.begin(), values.end(), [&](float x) { return x < lo; }),
                     std::count_if(values.begin(), values.end(), [&](float x) { return x > hi; }));
  };
  // At most ten at each end, and more than that with the next bin.
  EXPECT_LE(outside(r.lo, r.hi).first, 10);
  EXPECT_LE(outside(r.lo, r.hi).second, 10);
  EXPECT_GT(outside(r.lo + 1.01F * bin, r.hi).first, 10);
  EXPECT_GT(outside(r.lo, r.hi - 1.01F * bin).second, 10);
}

// Against a search over the values themselves, for bells, rectified bells and one-sided outliers.
TEST(Spread, MseComesWithinAHairOfABruteForceSearch) {
  for (float outlier : {4.0F, 12.0F, 60.0F}) {
    for (bool rectified : {false, true}) {
      std::vector<float> values = Bell(4000, 11, outlier);
      if (rectified) values = Rectified(values);
      const Spread spread(values);
      const Interval from = Union(spread.all(), {0, 0});
      double least = TrueError(values, from);
      for (int lo = 1; lo <= 40; ++lo) {
        for (int hi = 1; hi <= 40; ++hi) {
          const float part = 1.0F / 40;
          least = std::min(least, TrueError(values, {from.lo * part * static_cast<float>(lo),
                                                     from.hi * part * static_cast<float>(hi)}));
        }
      }
      const double found = TrueError(values, spread.RangeBy(RangeMethod::kMse));
      EXPECT_LE(found, 1.1 * least) << outlier << rectified;
      EXPECT_LE(found, TrueError(values, spread.all()) * 1.0001);
    }
  }
}

// The divergence by its definition, over a map of levels instead of arrays.
double PlainDivergence(const std::vector<float>& values, Interval range) {
  const ScaleZero q = AsymmetricInt8(range);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double width = (double{*most} - double{*least}) / 2048;  // the values hold zero
  const auto bin = [&](double x) {
    return static_cast<int>(std::clamp((x - double{*least}) / width, 0.0, 2047.0));
  };
  const int first = bin(double{q.scale} * (-128 - q.zero_point));
  const int last = bin(double{q.scale} * (127 - q.zero_point));
  std::map<int, double> clipped, raw;
  double count = 0;
  for (float x : values) {
    if (x == 0) continue;
    ++count;
    const int b = std::min(bin(double{x}), 2047);
    clipped[std::clamp(b, first, last)] += 1;
    if (b >= first && b <= last) raw[b] += 1;
  }
  const auto level = [&](int b) {
    return QuantiseInt8(static_cast<float>(double{*least} + (b + 0.5) * width), q);
  };
  std::map<int, double> mass, bins;
  double inside = 0;
  for (const auto& [b, n] : raw) mass[level(b)] += n, inside += n;
  for (const auto& [b, n] : clipped) bins[level(b)] += 1;
  double sum = 0;
  for (const auto& [b, n] : clipped) {
    const double p = n / count;
    sum += p * std::log(p / std::max(1e-9, mass[level(b)] / bins[level(b)] / inside));
  }
  return sum;
}

TEST(Spread, EntropyTakesTheRangeWithTheLeastDivergence) {
  const std::vector<float> values = Rectified(Bell(6000, 17, 30));
  const Spread spread(values);
  for (const Interval range : {spread.all(), Interval{0, 9}, Interval{0, 4}}) {
    EXPECT_NEAR(spread.DivergenceOf(range), PlainDivergence(values, range), 1e-6) << range.hi;
  }
  double least = PlainDivergence(values, spread.all());
  for (int step = 10; step < 100; ++step) {
    least = std::min(least, PlainDivergence(values, {0, static_cast<float>(30.0 * step / 100)}));
  }
  EXPECT_NEAR(PlainDivergence(values, spread.RangeBy(RangeMethod::kEntropy)), least, 1e-6);
}

// Half of the values are zeros: no reason to cut off large ones.
TEST(Spread, ZerosOfReluDoNotNarrowTheRange) {
  std::vector<float> values;
  for (int i = 1; i <= 4000; ++i) values.push_back(static_cast<float>(i) / 4000);
  const Interval without = Spread(values).RangeBy(RangeMethod::kEntropy);
  values.resize(20'000, 0.0F);
  const Interval with = Spread(values).RangeBy(RangeMethod::kEntropy);
  EXPECT_NEAR(with.hi, without.hi, 0.011F);
  EXPECT_GT(with.hi, 0.9F);
}

// As a gate that is never quite shut: no method may prefer a range that misses every value.
TEST(Spread, ValuesFarFromZeroStayInside) {
  std::vector<float> values = Bell(3000, 23, 1);
  for (float& x : values) x = 0.4F + 0.03F * x;
  for (RangeMethod method : kRangeMethods) {
    EXPECT_GT(Spread(values).RangeBy(method).hi, 0.45F) << RangeMethodName(method);
  }
}

TEST(Spread, TakesConstantsAndNothing) {
  const std::vector<float> same(10, 3.0F);
  for (RangeMethod method : kRangeMethods) {
    EXPECT_EQ(Spread(same).RangeBy(method).hi, 3.0F) << RangeMethodName(method);
    EXPECT_EQ(Spread({}).RangeBy(method).hi, 0.0F);
  }
}

}  // namespace
}  // namespace covey::compiler
