// Relaxation lets columns mix: each group takes a weighted mean of those that are left. Its value
// is a bound on the best choice, proved from the multipliers alone, and says where to branch.
//
//   Relaxation relaxation(problem, lists);
//   relaxation.Solve(target, steps);   // stops early once the bound reaches `target`
//   relaxation.bound();                // no choice from these lists is better
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "plan/place/search.hpp"

namespace covey::plan {

class Relaxation {
 public:
  Relaxation(const SearchProblem& problem, const std::vector<std::vector<int>>& lists);
  void Solve(double target, int64_t& steps);

  double bound() const { return bound_; }
  // How much above the bound a choice with this column lies at least; by place in the list.
  const std::vector<double>& reduced(int group) const { return reduced_[group]; }
  int Heaviest(int group) const;  // the column with the largest share; -1 if none

  struct Split {
    int group = 0;
    int row = -1;  // columns with at most `at` in this row, and the others; -1: by column
    double at = 0;
    int column = -1;
    bool low_first = true;
  };
  Split BestSplit() const;

 private:
  struct Active {
    int group, place;  // place in the group's list
  };
  void Add(int group, int place, class Lp& lp);
  void AddFirst(class Lp& lp);
  // Bound and reduced costs by these multipliers; the places of the best few columns a group.
  std::vector<std::vector<int>> Price(const std::vector<double>& duals);

  const SearchProblem& problem_;
  std::vector<std::vector<int>> lists_;
  double scale_ = 1;
  double bound_ = 0;
  std::vector<std::vector<double>> reduced_;
  std::vector<Active> active_;
  std::vector<std::vector<char>> is_active_;
  std::vector<double> share_;  // of each active column
};

}  // namespace covey::plan
