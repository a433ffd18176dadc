#include <algorithm>
#include <cstdint>
#include <numeric>

#include "plan/place/dice.hpp"
#include "plan/place/search.hpp"

namespace covey::plan {
namespace {

constexpr double kRoom = 1 + 1e-12;

class Descent {
 public:
  Descent(const SearchProblem& problem, int64_t steps) : problem_(problem), steps_(steps) {
    sums_.assign(problem.rows(), 0);
    chosen_.assign(problem.groups.size(), -1);
  }

  // Fills what is open, in this order, then betters group after group. False: no place for one.
  bool Run(const std::vector<int>& order, std::vector<int> start) {
    std::fill(sums_.begin(), sums_.end(), 0.0);
    std::fill(chosen_.begin(), chosen_.end(), -1);
    for (size_t g = 0; g < start.size(); ++g) {
      if (start[g] >= 0) Set(static_cast<int>(g), start[g]);
    }
    for (int group : order) {
      if (chosen_[group] < 0 && !Better(group)) return false;
    }
    for (bool moved = true; moved && steps_ > 0;) {
      moved = false;
      for (int group : order) {
        if (problem_.stop && problem_.stop()) return true;
        moved = Better(group) || moved;
      }
    }
    return true;
  }
  double Value() const {
    if (!problem_.bottleneck) return Cost();
    return *std::max_element(sums_.begin(), sums_.begin() + problem_.unit_rows);
  }
  double Cost() const {
    double cost = 0;
    for (size_t g = 0; g < chosen_.size(); ++g) {
      if (chosen_[g] >= 0) cost += problem_.groups[g].cost[chosen_[g]];
    }
    return cost;
  }
  const std::vector<int>& chosen() const { return chosen_; }
  int64_t steps() const { return steps_; }

 private:
  struct Score {
    double value, squares, cost;
    bool operator<(const Score& other) const {
      if (value < other.value * (1 - 1e-9)) return true;
      if (value > other.value * (1 + 1e-9)) return false;
      if (squares < other.squares * (1 - 1e-9)) return true;
      if (squares > other.squares * (1 + 1e-9)) return false;
      return cost < other.cost;
    }
  };

  void Set(int group, int column) {
    const int was = chosen_[group];
    for (int r = 0; r < problem_.rows(); ++r) {
      if (was >= 0) sums_[r] -= problem_.Column(group, was)[r];
      if (column >= 0) sums_[r] += problem_.Column(group, column)[r];
    }
    chosen_[group] = column;
  }

  bool ScoreOf(int group, int column, Score& score) const {
    const double* at = problem_.Column(group, column);
    for (int r = problem_.unit_rows; r < problem_.rows(); ++r) {
      if (sums_[r] + at[r] > kRoom) return false;
    }
    score = {0, 0, problem_.groups[group].cost[column]};
    for (int r = 0; r < problem_.unit_rows; ++r) {
      const double sum = sums_[r] + at[r];
      score.value = std::max(score.value, sum);
      score.squares += sum * sum;
    }
    if (problem_.bottleneck) return true;
    if (score.value > kRoom) return false;
    score.value = score.cost;
    return true;
  }

  // The best column for the group, the others as they are.
  bool Better(int group) {
    const int was = chosen_[group];
    if (was >= 0) Set(group, -1);
    std::vector<std::pair<Score, int>> better;
    Score now{};
    const bool had = was >= 0 && ScoreOf(group, was, now);
    for (int c = 0; c < problem_.groups[group].size(); ++c) {
      Score score{};
      --steps_;
      if (!ScoreOf(group, c, score)) continue;
      if (!had || score < now) better.emplace_back(score, c);
    }
    // The exact memory check is asked of the best first.
    const auto less = [](const auto& a, const auto& b) {
      if (a.first < b.first) return true;
      return !(b.first < a.first) && a.second < b.second;
    };
    for (size_t tried = 0; tried < better.size(); ++tried) {
      std::nth_element(better.begin() + static_cast<ptrdiff_t>(tried),
                       better.begin() + static_cast<ptrdiff_t>(tried), better.end(), less);
      Set(group, better[tried].second);
      if (!problem_.fits || problem_.fits(chosen_)) return true;
      Set(group, -1);
      if (tried > 50) break;
    }
    if (was >= 0) Set(group, was);
    return false;
  }

  const SearchProblem& problem_;
  int64_t steps_;
  std::vector<double> sums_;
  std::vector<int> chosen_;
};

}  // namespace

SearchResult LocalSearch(const SearchProblem& problem, const SearchOptions& options) {
  SearchResult best;
  best.chosen = {};
  Descent descent(problem, options.steps);
  double best_cost = std::numeric_limits<double>::infinity();
  const auto keep = [&] {
    const double value = descent.Value(), cost = descent.Cost();
    const bool less = value < best.value * (1 - 1e-9);
    if (!less && !(value <= best.value * (1 + 1e-9) && cost < best_cost)) return;
    best.value = value;
    best_cost = cost;
    best.chosen = descent.chosen();
  };
  std::vector<int> order(problem.groups.size());
  std::iota(order.begin(), order.end(), 0);
  if (!options.incumbent.empty() && descent.Run(order, options.incumbent)) keep();
  Dice dice;
  for (int start = 0; start < options.starts; ++start) {
    // Once at least: a plan found late is better than none.
    if (start > 0 && (descent.steps() <= 0 || (problem.stop && problem.stop()))) break;
    if (best.value <= options.stop_at) break;
    std::vector<int> from;
    // Every other start keeps part of the best one.
    if (start % 2 == 1 && !best.chosen.empty()) {
      from = best.chosen;
      const size_t open = std::min<size_t>(from.size(), 2 + start / 2 % 2);
      for (size_t i = 0; i < open; ++i) from[order[i]] = -1;
    }
    if (descent.Run(order, from)) keep();
    dice.Shuffle(order);
  }
  best.steps = options.steps - descent.steps();
  return best;
}

}  // namespace covey::plan
