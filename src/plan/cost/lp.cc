#include "plan/cost/lp.hpp"

#include <cmath>

namespace covey::plan {
namespace {

constexpr double kArtificialCost = 1e4;  // Costs and loads are scaled to about 1.
constexpr double kTiny = 1e-10;

}  // namespace

Lp::Lp(std::vector<double> right, int equations)
    : rows_(static_cast<int>(right.size())), equations_(equations), right_(std::move(right)) {
  inverse_.assign(static_cast<size_t>(rows_) * rows_, 0);
  for (int r = 0; r < rows_; ++r) {
    std::vector<double> unit(rows_, 0);
    unit[r] = 1;
    columns_.push_back({std::move(unit), r < rows_ - equations_ ? 0 : kArtificialCost});
    basis_.push_back(r);
    in_basis_.push_back(1);
    inverse_[static_cast<size_t>(r) * rows_ + r] = 1;
  }
  value_ = right_;
}

int Lp::Add(std::vector<double> column, double cost) {
  columns_.push_back({std::move(column), cost});
  in_basis_.push_back(0);
  return static_cast<int>(columns_.size()) - rows_ - 1;
}

std::vector<double> Lp::Duals() const {
  std::vector<double> duals(rows_, 0);
  for (int r = 0; r < rows_; ++r) {
    const double cost = columns_[basis_[r]].cost;
    if (cost == 0) continue;
    const double* row = &inverse_[static_cast<size_t>(r) * rows_];
    for (int i = 0; i < rows_; ++i) duals[i] += cost * row[i];
  }
  return duals;
}

int Lp::Entering(const std::vector<double>& duals, bool bland) const {
  int best = -1;
  double least = -1e-9;
  for (size_t c = 0; c < columns_.size(); ++c) {
    // An artificial that left never comes back.
    if (in_basis_[c] != 0 || (static_cast<int>(c) < rows_ && columns_[c].cost > 0)) continue;
    double reduced = columns_[c].cost;
    for (int r = 0; r < rows_; ++r) reduced -= duals[r] * columns_[c].at[r];
    if (reduced >= least) continue;
    best = static_cast<int>(c);
    if (bland) return best;
    least = reduced;
  }
  return best;
}

int Lp::Leaving(const std::vector<double>& direction, bool bland) const {
  int best = -1;
  double least = 0;
  for (int r = 0; r < rows_; ++r) {
    if (direction[r] <= kTiny) continue;
    const double ratio = value_[r] / direction[r];
    const bool better = best < 0 || ratio < least - 1e-12;
    const bool tie = best >= 0 && ratio <= least + 1e-12;
    const bool prefer =
        bland ? best >= 0 && basis_[r] < basis_[best] : best >= 0 && direction[r] > direction[best];
    if (better || (tie && prefer)) {
      best = r;
      least = better ? ratio : least;
    }
  }
  return best;
}

void Lp::Pivot(int row, int column, const std::vector<double>& direction) {
  const double pivot = direction[row];
  double* leaving = &inverse_[static_cast<size_t>(row) * rows_];
  for (int i = 0; i < rows_; ++i) leaving[i] /= pivot;
  value_[row] /= pivot;
  for (int r = 0; r < rows_; ++r) {
    if (r == row || direction[r] == 0) continue;
    double* other = &inverse_[static_cast<size_t>(r) * rows_];
    for (int i = 0; i < rows_; ++i) other[i] -= direction[r] * leaving[i];
    value_[r] -= direction[r] * value_[row];
    if (value_[r] < 0 && value_[r] > -1e-9) value_[r] = 0;
  }
  in_basis_[basis_[row]] = 0;
  in_basis_[column] = 1;
  basis_[row] = column;
}

LpResult Lp::Solve(int64_t steps) {
  LpResult result;
  int64_t stalled = 0;
  std::vector<double> duals, direction(rows_);
  for (int64_t step = 0; step < steps; ++step) {
    duals = Duals();
    const bool bland = stalled > 4 * rows_;
    const int entering = Entering(duals, bland);
    if (entering < 0) {
      result.solved = true;
      break;
    }
    for (int r = 0; r < rows_; ++r) {
      const double* row = &inverse_[static_cast<size_t>(r) * rows_];
      double sum = 0;
      for (int i = 0; i < rows_; ++i) sum += row[i] * columns_[entering].at[i];
      direction[r] = sum;
    }
    const int leaving = Leaving(direction, bland);
    if (leaving < 0) break;  // Unbounded: our problems never are.
    stalled = value_[leaving] > kTiny ? 0 : stalled + 1;
    Pivot(leaving, entering, direction);
  }
  result.duals = Duals();
  result.x.assign(columns_.size() - rows_, 0);
  result.feasible = true;
  for (int r = 0; r < rows_; ++r) {
    result.value += columns_[basis_[r]].cost * value_[r];
    if (basis_[r] >= rows_) result.x[basis_[r] - rows_] = value_[r];
    const bool artificial = basis_[r] < rows_ && basis_[r] >= rows_ - equations_;
    if (artificial && value_[r] > 1e-7) result.feasible = false;
  }
  return result;
}

}  // namespace covey::plan
