#include "plan/place/relaxation.hpp"

#include <algorithm>
#include <cmath>

#include "plan/cost/lp.hpp"

namespace covey::plan {
namespace {

constexpr int kRounds = 60;
constexpr size_t kAddedEachRound = 6;  // columns a group
constexpr double kShare = 1e-6;

}  // namespace

Relaxation::Relaxation(const SearchProblem& problem, const std::vector<std::vector<int>>& lists)
    : problem_(problem), lists_(lists) {
  for (const auto& list : lists) {
    reduced_.emplace_back(list.size(), 0.0);
    is_active_.emplace_back(list.size(), char{0});
  }
}

void Relaxation::Add(int group, int place, Lp& lp) {
  if (is_active_[group][place] != 0) return;
  is_active_[group][place] = 1;
  const int column = lists_[group][place];
  const double* at = problem_.Column(group, column);
  std::vector<double> values(problem_.rows() + lists_.size(), 0);
  for (int r = 0; r < problem_.rows(); ++r) {
    values[r] = problem_.bottleneck && r < problem_.unit_rows ? at[r] / scale_ : at[r];
  }
  values[problem_.rows() + group] = 1;
  const double cost = problem_.bottleneck ? 0 : problem_.groups[group].cost[column] / scale_;
  lp.Add(std::move(values), cost);
  active_.push_back({group, place});
}

// Of each group the columns that are least by different measures.
void Relaxation::AddFirst(Lp& lp) {
  for (size_t g = 0; g < lists_.size(); ++g) {
    int least = 0;
    double lowest = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < lists_[g].size(); ++i) {
      const double* at = problem_.Column(static_cast<int>(g), lists_[g][i]);
      const double most = problem_.bottleneck ? *std::max_element(at, at + problem_.unit_rows)
                                              : problem_.groups[g].cost[lists_[g][i]];
      if (most >= lowest) continue;
      lowest = most;
      least = static_cast<int>(i);
    }
    Add(static_cast<int>(g), least, lp);
  }
}

std::vector<std::vector<int>> Relaxation::Price(const std::vector<double>& duals) {
  // Multipliers of the rows: not negative; in bottleneck mode those of the units sum up to 1.
  const int rows = problem_.rows(), units = problem_.unit_rows;
  std::vector<double> weight(rows, 0);
  double sum = 0, right = 0;
  for (int r = 0; r < rows; ++r) {
    weight[r] = std::max(0.0, -duals[r]);
    if (r < units) sum += weight[r];
  }
  if (problem_.bottleneck) {
    if (sum <= 0) {
      for (int r = 0; r < units; ++r) weight[r] = 1.0 / units;
      sum = 1;
    }
    for (int r = 0; r < rows; ++r) weight[r] /= sum;
  }
  for (int r = 0; r < rows; ++r) {
    if (r < units && problem_.bottleneck) continue;
    weight[r] *= scale_;
    right += weight[r];
  }
  double bound = -right;
  std::vector<std::vector<double>> reduced(lists_.size());
  std::vector<std::vector<int>> best(lists_.size());
  for (size_t g = 0; g < lists_.size(); ++g) {
    reduced[g].resize(lists_[g].size());
    double least = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < lists_[g].size(); ++i) {
      const int column = lists_[g][i];
      const double* at = problem_.Column(static_cast<int>(g), column);
      double value = problem_.bottleneck ? 0 : problem_.groups[g].cost[column];
      for (int r = 0; r < rows; ++r) value += weight[r] * at[r];
      reduced[g][i] = value;
      least = std::min(least, value);
    }
    bound += least;
    std::vector<int>& few = best[g];
    few.resize(lists_[g].size());
    for (size_t i = 0; i < few.size(); ++i) few[i] = static_cast<int>(i);
    const size_t keep = std::min(kAddedEachRound, few.size());
    std::partial_sort(
        few.begin(), few.begin() + static_cast<ptrdiff_t>(keep), few.end(), [&](int a, int b) {
          return reduced[g][a] != reduced[g][b] ? reduced[g][a] < reduced[g][b] : a < b;
        });
    few.resize(keep);
    for (double& value : reduced[g]) value -= least;
  }
  if (bound > bound_ || reduced_[0].empty()) {
    bound_ = std::max(bound_, bound);
    reduced_ = std::move(reduced);
  }
  return best;
}

void Relaxation::Solve(double target, int64_t& steps) {
  scale_ = std::isfinite(target) && target > 0 ? target : 1;
  const int rows = problem_.rows();
  std::vector<double> right(rows + lists_.size(), 1);
  if (problem_.bottleneck) std::fill_n(right.begin(), problem_.unit_rows, 0.0);
  Lp lp(std::move(right), static_cast<int>(lists_.size()));
  if (problem_.bottleneck) {
    std::vector<double> peak(rows + lists_.size(), 0);
    std::fill_n(peak.begin(), problem_.unit_rows, -1.0);
    lp.Add(std::move(peak), 1);
    active_.push_back({-1, 0});
  }
  AddFirst(lp);
  int64_t columns = 0;
  for (const auto& list : lists_) columns += static_cast<int64_t>(list.size());
  for (int round = 0; round < kRounds && steps > 0; ++round) {
    const LpResult result = lp.Solve();
    share_ = result.x;
    const auto best = Price(result.duals);
    steps -= 2 * columns;
    const bool done = result.feasible && bound_ >= result.value * scale_ * (1 - 1e-7);
    if (bound_ >= target || done || (problem_.stop && problem_.stop())) return;
    const size_t before = active_.size();
    for (size_t g = 0; g < best.size(); ++g) {
      for (int place : best[g]) Add(static_cast<int>(g), place, lp);
    }
    if (active_.size() == before) return;  // Nothing new: what is left is rounding.
  }
}

int Relaxation::Heaviest(int group) const {
  int best = -1;
  double most = 0;
  for (size_t i = 0; i < active_.size() && i < share_.size(); ++i) {
    if (active_[i].group != group || share_[i] <= most) continue;
    most = share_[i];
    best = lists_[group][active_[i].place];
  }
  return best;
}

Relaxation::Split Relaxation::BestSplit() const {
  Split split;
  double widest = 1e-7;
  const int rows = problem_.rows();
  for (size_t g = 0; g < lists_.size(); ++g) {
    if (lists_[g].size() < 2) continue;
    for (int r = 0; r < rows; ++r) {
      const double unit = problem_.bottleneck && r < problem_.unit_rows ? scale_ : 1;
      double mean = 0, spread = 0, low = 0, sum = 0;
      const auto each = [&](auto use) {
        for (size_t i = 0; i < active_.size() && i < share_.size(); ++i) {
          if (active_[i].group != static_cast<int>(g) || share_[i] < kShare) continue;
          use(share_[i], problem_.Column(static_cast<int>(g), lists_[g][active_[i].place])[r]);
        }
      };
      each([&](double share, double at) { mean += share * at, sum += share; });
      if (sum <= 0) continue;
      mean /= sum;
      each([&](double share, double at) {
        spread += share * std::abs(at - mean) / unit;
        if (at <= mean) low += share;
      });
      if (spread <= widest) continue;
      widest = spread;
      split = {static_cast<int>(g), r, mean, -1, low >= sum / 2};
    }
  }
  if (split.row >= 0) return split;
  // No mix: take the group with most columns left, and the one that the relaxation took.
  for (size_t g = 0; g < lists_.size(); ++g) {
    if (lists_[g].size() > lists_[split.group].size()) split.group = static_cast<int>(g);
  }
  split.column = Heaviest(split.group);
  const auto& list = lists_[split.group];
  if (std::find(list.begin(), list.end(), split.column) == list.end()) split.column = list.front();
  return split;
}

}  // namespace covey::plan
