// Search picks one column of each group so that the largest sum over the unit rows (or the sum of
// the costs) is least, while the memory rows keep their limits. Branch and bound with a linear
// relaxation; anytime, deterministic, with a certified bound.
//
//   SearchProblem problem;             // rows, groups
//   SearchResult result = Search(problem, {.steps = 1'000'000});
//   result.chosen[g];                  // the column of group g; empty: no choice keeps the limits
//   result.bound <= best value <= result.value
//
// Exact: columns are dropped only where a bound says that they cannot lead below the best value
// found, less one part in 10^9.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

namespace covey::plan {

// A group's columns: row after row of numbers, one a row of the problem.
struct ColumnGroup {
  std::vector<double> at;    // columns x rows
  std::vector<double> cost;  // one a column; in bottleneck mode it breaks ties
  int size() const { return static_cast<int>(cost.size()); }
};

struct SearchProblem {
  int unit_rows = 0;    // bottleneck: their largest sum is the value; else limited by 1
  int memory_rows = 0;  // limited by 1
  bool bottleneck = true;
  std::vector<ColumnGroup> groups;
  // May these columns be together? -1: not chosen yet. Once false, adding more keeps it false.
  std::function<bool(std::span<const int>)> fits;
  // Asked now and then: true ends the search with what it has.
  std::function<bool()> stop;

  int rows() const { return unit_rows + memory_rows; }
  const double* Column(int group, int column) const {
    return &groups[group].at[static_cast<size_t>(column) * rows()];
  }
};

struct SearchOptions {
  int64_t steps = 40'000'000;    // of looking at a column
  std::vector<int> incumbent{};  // a choice to start from
  double stop_at = 0;            // a value that is good enough (a bound known from elsewhere)
  int starts = 200;              // of the local search
};

struct SearchResult {
  std::vector<int> chosen{};
  double value = std::numeric_limits<double>::infinity();
  double bound = 0;
  bool optimal = false;  // also: true with no choice means that there is none
  int64_t steps = 0;
};

SearchResult Search(const SearchProblem& problem, const SearchOptions& options);

// The local search alone: coordinate descent from many orders of the groups.
SearchResult LocalSearch(const SearchProblem& problem, const SearchOptions& options);

}  // namespace covey::plan
