#include "plan/place/search.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "plan/place/relaxation.hpp"

namespace covey::plan {
namespace {

constexpr double kLess = 1 - 1e-9;   // a better value is less than this of the best
constexpr double kRoom = 1 + 1e-12;  // of a limit
constexpr double kEnumerable = 3e4;  // combinations that are looked at one by one

constexpr int kAskEvery = 64;  // looks at the clock

using Lists = std::vector<std::vector<int>>;  // of each group the columns that are left

class BranchAndBound {
 public:
  BranchAndBound(const SearchProblem& problem, const SearchOptions& options)
      : problem_(problem), steps_(options.steps), enough_(options.stop_at) {}

  SearchResult Run(SearchResult start) {
    best_ = std::move(start);
    worst_ = 1e-9;
    open_ = std::numeric_limits<double>::infinity();
    Lists lists;
    for (const ColumnGroup& group : problem_.groups) {
      worst_ += WorstOf(group);
      lists.emplace_back(group.size());
      std::iota(lists.back().begin(), lists.back().end(), 0);
    }
    const int64_t before = steps_;
    Node(std::move(lists), 0, 0);
    best_.bound = std::min(best_.value, open_);
    best_.optimal = best_.chosen.empty() ? std::isinf(open_) : open_ >= best_.value * kLess;
    best_.steps += before - steps_;
    return std::move(best_);
  }

 private:
  double WorstOf(const ColumnGroup& group) const {
    double worst = 0;
    for (int c = 0; c < group.size(); ++c) {
      const double* at = &group.at[static_cast<size_t>(c) * problem_.rows()];
      const double value =
          problem_.bottleneck ? *std::max_element(at, at + problem_.unit_rows) : group.cost[c];
      worst = std::max(worst, value);
    }
    return worst * (1 + 1e-6);
  }

  bool Out() {
    if (steps_ <= 0) return true;
    if (problem_.stop && --until_asked_ <= 0) {
      until_asked_ = kAskEvery;
      if (problem_.stop()) steps_ = 0;
    }
    return steps_ <= 0;
  }
  // The search ends here; `bound` holds for all that is below.
  void Leave(double bound) { open_ = std::min(open_, bound); }
  // Without a choice yet: what no choice exceeds, so that a larger bound proves that there is none.
  double Target() const { return std::min(best_.value * kLess, worst_); }

  void Node(Lists lists, double bound, int depth) {
    if (bound >= Target() || best_.value <= enough_) return;
    until_asked_ = 0;
    if (Out()) return Leave(bound);
    if (!Tighten(lists)) return;
    if (Combinations(lists) <= kEnumerable) return Enumerate(lists, bound);
    Relaxation relaxation(problem_, lists);
    relaxation.Solve(Target(), steps_);
    bound = std::max(bound, relaxation.bound());
    if (bound >= Target()) return;
    Round(relaxation, lists);
    if (bound >= Target()) return;
    DropByReducedCost(relaxation, lists);
    if (!Tighten(lists)) return;
    if (Combinations(lists) <= kEnumerable) return Enumerate(lists, bound);
    Branch(relaxation, std::move(lists), bound, depth);
  }

  static double Combinations(const Lists& lists) {
    double product = 1;
    for (const auto& list : lists) product *= static_cast<double>(list.size());
    return product;
  }

  // Drops columns that not even the least of the others lets in. False: a group has none left.
  bool Tighten(Lists& lists) {
    const int rows = problem_.rows(), units = problem_.unit_rows;
    for (int round = 0; round < 4; ++round) {
      std::vector<double> least(lists.size() * rows, 0), total(rows, 0);
      for (size_t g = 0; g < lists.size(); ++g) {
        if (lists[g].empty()) return false;
        double* own = &least[g * rows];
        std::fill(own, own + rows, std::numeric_limits<double>::infinity());
        for (int c : lists[g]) {
          const double* at = problem_.Column(static_cast<int>(g), c);
          for (int r = 0; r < rows; ++r) own[r] = std::min(own[r], at[r]);
        }
        for (int r = 0; r < rows; ++r) total[r] += own[r];
      }
      const double unit_limit = problem_.bottleneck ? Target() : kRoom;
      bool dropped = false;
      for (size_t g = 0; g < lists.size(); ++g) {
        const auto out = [&](int c) {
          const double* at = problem_.Column(static_cast<int>(g), c);
          for (int r = 0; r < rows; ++r) {
            const double sum = total[r] - least[g * rows + r] + at[r];
            if (sum > (r < units ? unit_limit : kRoom)) return true;
          }
          return false;
        };
        steps_ -= static_cast<int64_t>(lists[g].size());
        dropped = std::erase_if(lists[g], out) > 0 || dropped;
        if (lists[g].empty()) return false;
      }
      if (!dropped) break;
    }
    return true;
  }

  void DropByReducedCost(const Relaxation& relaxation, Lists& lists) {
    for (size_t g = 0; g < lists.size(); ++g) {
      const std::vector<double>& reduced = relaxation.reduced(static_cast<int>(g));
      std::vector<int> kept;
      for (size_t i = 0; i < lists[g].size(); ++i) {
        if (relaxation.bound() + reduced[i] < Target()) kept.push_back(lists[g][i]);
      }
      lists[g] = std::move(kept);
    }
  }

  // The relaxation's heaviest columns, put right by the local search.
  void Round(const Relaxation& relaxation, const Lists& lists) {
    std::vector<int> start(lists.size(), -1);
    for (size_t g = 0; g < lists.size(); ++g) start[g] = relaxation.Heaviest(static_cast<int>(g));
    Offer(start);
  }

  void Offer(const std::vector<int>& chosen) {
    std::vector<double> sums(problem_.rows(), 0);
    double cost = 0;
    for (size_t g = 0; g < chosen.size(); ++g) {
      if (chosen[g] < 0) return;
      const double* at = problem_.Column(static_cast<int>(g), chosen[g]);
      for (int r = 0; r < problem_.rows(); ++r) sums[r] += at[r];
      cost += problem_.groups[g].cost[chosen[g]];
    }
    double most = 0;
    for (int r = 0; r < problem_.unit_rows; ++r) most = std::max(most, sums[r]);
    for (int r = problem_.unit_rows; r < problem_.rows(); ++r) {
      if (sums[r] > kRoom) return;
    }
    if (!problem_.bottleneck && most > kRoom) return;
    const double value = problem_.bottleneck ? most : cost;
    if (value >= Target() || (problem_.fits && !problem_.fits(chosen))) return;
    best_.value = value;
    best_.chosen = chosen;
  }

  void Enumerate(const Lists& lists, double bound) {
    std::vector<size_t> order(lists.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return lists[a].size() != lists[b].size() ? lists[a].size() < lists[b].size() : a < b;
    });
    const int rows = problem_.rows();
    // rest: what the groups from here on take at least.
    std::vector<double> rest((lists.size() + 1) * rows, 0);
    std::vector<double> rest_cost(lists.size() + 1, 0);
    for (size_t i = lists.size(); i-- > 0;) {
      const size_t g = order[i];
      double cost = std::numeric_limits<double>::infinity();
      std::vector<double> least(rows, std::numeric_limits<double>::infinity());
      for (int c : lists[g]) {
        const double* at = problem_.Column(static_cast<int>(g), c);
        for (int r = 0; r < rows; ++r) least[r] = std::min(least[r], at[r]);
        cost = std::min(cost, problem_.groups[g].cost[c]);
      }
      for (int r = 0; r < rows; ++r) rest[i * rows + r] = rest[(i + 1) * rows + r] + least[r];
      rest_cost[i] = rest_cost[i + 1] + cost;
    }
    std::vector<double> sums((lists.size() + 1) * rows, 0);
    std::vector<int> chosen(lists.size(), -1);
    Try({lists, order, rest, rest_cost, sums, chosen}, 0, 0, bound);
  }

  struct Level {
    const Lists& lists;
    const std::vector<size_t>& order;
    const std::vector<double>& rest;
    const std::vector<double>& rest_cost;
    std::vector<double>& sums;
    std::vector<int>& chosen;
  };

  void Try(const Level& level, size_t depth, double cost, double bound) {
    if (depth == level.order.size()) {
      Offer(level.chosen);
      return;
    }
    if (Out()) return Leave(bound);
    const int rows = problem_.rows(), units = problem_.unit_rows;
    const size_t g = level.order[depth];
    const double* rest = &level.rest[(depth + 1) * rows];
    const double* before = &level.sums[depth * rows];
    double* after = &level.sums[(depth + 1) * rows];
    steps_ -= static_cast<int64_t>(level.lists[g].size());
    for (int c : level.lists[g]) {
      const double* at = problem_.Column(static_cast<int>(g), c);
      const double unit_limit = problem_.bottleneck ? Target() : kRoom;
      bool in = true;
      for (int r = 0; r < rows && in; ++r) {
        after[r] = before[r] + at[r];
        in = after[r] + rest[r] <= (r < units ? unit_limit : kRoom);
      }
      if (!in) continue;
      const double spent = cost + problem_.groups[g].cost[c];
      if (!problem_.bottleneck && spent + level.rest_cost[depth + 1] >= Target()) continue;
      level.chosen[g] = c;
      const bool last = depth + 1 == level.order.size();
      if (last || !problem_.fits || problem_.fits(level.chosen)) {
        Try(level, depth + 1, spent, bound);
      }
      level.chosen[g] = -1;
      if (steps_ <= 0) return Leave(bound);
    }
  }

  // Splits one group's columns where the relaxation mixes those that differ most.
  void Branch(const Relaxation& relaxation, Lists lists, double bound, int depth) {
    const Relaxation::Split split = relaxation.BestSplit();
    Lists low = lists, high = std::move(lists);
    const auto g = static_cast<size_t>(split.group);
    if (split.row >= 0) {
      const auto is_low = [&](int c) {
        return problem_.Column(split.group, c)[split.row] <= split.at;
      };
      std::erase_if(low[g], [&](int c) { return !is_low(c); });
      std::erase_if(high[g], is_low);
    } else {  // Nothing is mixed, but the choice does not fit together: one column, or the others.
      const bool there = std::find(low[g].begin(), low[g].end(), split.column) != low[g].end();
      const int column = there ? split.column : low[g].front();
      low[g] = {column};
      std::erase(high[g], column);
    }
    Lists& first = split.low_first ? low : high;
    Lists& second = split.low_first ? high : low;
    Node(std::move(first), bound, depth + 1);
    Node(std::move(second), bound, depth + 1);
  }

  const SearchProblem& problem_;
  int64_t steps_;
  double enough_;
  int until_asked_ = 1;
  SearchResult best_;
  double worst_ = 0;
  double open_ = 0;  // the least bound among what was not looked at
};

}  // namespace

SearchResult Search(const SearchProblem& problem, const SearchOptions& options) {
  for (const ColumnGroup& group : problem.groups) {
    if (group.size() == 0) return {.optimal = true};
  }
  SearchResult start = LocalSearch(problem, options);
  if (start.value <= options.stop_at) {
    start.bound = options.stop_at;
    start.optimal = true;
    return start;
  }
  return BranchAndBound(problem, options).Run(std::move(start));
}

}  // namespace covey::plan
