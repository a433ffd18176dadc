// Solve minimises a linear function by the revised simplex method, dense, for a few dozen rows and
// many columns that are offered a few at a time.
//
//   min c x   so that   A x <= b for the first rows, A x = b for the rest,   x >= 0,  b >= 0
//
//   Lp lp({1, 1}, 1);                    // two rows; one of them (the last) an equation
//   lp.Add({1, 1}, 3.0);                 // a column and its cost
//   LpResult result = lp.Solve();
//
// Exact: in double precision; callers take `duals` as a hint and prove bounds by themselves.
#pragma once

#include <cstdint>
#include <vector>

namespace covey::plan {

struct LpResult {
  bool solved = false;  // false: steps ran out
  bool feasible = false;
  double value = 0;
  std::vector<double> x;      // one a column
  std::vector<double> duals;  // one a row: what the value gains for each unit of b
};

class Lp {
 public:
  // The last `equations` rows are equations.
  Lp(std::vector<double> right, int equations);
  int Add(std::vector<double> column, double cost);
  // Goes on from where the last call ended.
  LpResult Solve(int64_t steps = 20'000);

 private:
  struct Column {
    std::vector<double> at;
    double cost;
  };
  std::vector<double> Duals() const;
  int Entering(const std::vector<double>& duals, bool bland) const;
  int Leaving(const std::vector<double>& direction, bool bland) const;
  void Pivot(int row, int column, const std::vector<double>& direction);

  int rows_, equations_;
  std::vector<double> right_;
  std::vector<Column> columns_;  // the first `rows_` are slacks and artificials
  std::vector<int> basis_;
  std::vector<char> in_basis_;
  std::vector<double> inverse_;  // rows_ x rows_
  std::vector<double> value_;    // of the basis
};

}  // namespace covey::plan
