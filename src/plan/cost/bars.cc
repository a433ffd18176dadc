#include "plan/cost/bars.hpp"

#include <algorithm>
#include <vector>

#include "plan/cost/lp.hpp"

namespace covey::plan {
namespace {

constexpr size_t kRoundsAnItem = 8;
constexpr double kTiny = 1e-9;

// The set of items, each once, that is worth most within the strip.
class Knapsack {
 public:
  Knapsack(std::span<const int32_t> widths, int32_t strip) : widths_(widths), strip_(strip) {
    best_.resize((widths.size() + 1) * (static_cast<size_t>(strip) + 1));
  }

  double Solve(const std::vector<double>& worth) {
    for (size_t i = 0; i < widths_.size(); ++i) {
      for (int32_t room = 0; room <= strip_; ++room) {
        double value = At(i, room);
        if (widths_[i] <= room) value = std::max(value, At(i, room - widths_[i]) + worth[i]);
        At(i + 1, room) = value;
      }
    }
    return At(widths_.size(), strip_);
  }
  // The set of the last Solve, as a column of ones.
  std::vector<double> Set() {
    std::vector<double> set(widths_.size(), 0);
    int32_t room = strip_;
    for (size_t i = widths_.size(); i-- > 0;) {
      if (At(i + 1, room) == At(i, room)) continue;
      set[i] = 1;
      room -= widths_[i];
    }
    return set;
  }

 private:
  double& At(size_t items, int32_t room) {
    return best_[items * (static_cast<size_t>(strip_) + 1) + static_cast<size_t>(room)];
  }
  std::span<const int32_t> widths_;
  int32_t strip_;
  std::vector<double> best_;  // of the first items, in so much room
};

}  // namespace

double SlicesNeeded(std::span<const int32_t> widths, std::span<const int32_t> heights,
                    int32_t strip) {
  const size_t items = widths.size();
  if (items == 0) return 0;
  Lp lp(std::vector<double>(heights.begin(), heights.end()), static_cast<int>(items));
  for (size_t i = 0; i < items; ++i) {
    std::vector<double> alone(items, 0);
    alone[i] = 1;
    lp.Add(std::move(alone), 1);
  }
  Knapsack knapsack(widths, strip);
  double bound = 0;
  for (size_t round = 0; round < 40 + kRoundsAnItem * items; ++round) {
    const LpResult result = lp.Solve();
    std::vector<double> worth = result.duals;
    double sum = 0;
    for (size_t i = 0; i < items; ++i) {
      worth[i] = std::max(0.0, worth[i]);
      sum += worth[i] * heights[i];
    }
    // Divided by what the best slice is worth, the multipliers are feasible: their sum is a bound.
    const double most = knapsack.Solve(worth);
    if (most > 0) bound = std::max(bound, sum / most);
    if (most <= 1 + kTiny) break;
    lp.Add(knapsack.Set(), 1);
  }
  return bound;
}

}  // namespace covey::plan
