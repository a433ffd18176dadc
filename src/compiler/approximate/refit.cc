#include "compiler/approximate/refit.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/approximate/obs.hpp"
#include "compiler/quantize/batch.hpp"

namespace covey::compiler {
namespace {

using Index = Eigen::Index;

Eigen::VectorXd WeightsOf(const Layer& layer, int32_t row) {
  Eigen::VectorXd w(layer.operands + 1);
  for (int32_t i = 0; i < layer.operands; ++i) w(i) = layer.row(row)[static_cast<size_t>(i)];
  w(layer.operands) = 0;
  return w;
}

int32_t AddToBias(int32_t bias, double change) {
  const double sum = std::nearbyint(static_cast<double>(bias) + change);
  return static_cast<int32_t>(std::clamp<double>(sum, std::numeric_limits<int32_t>::min(),
                                                 std::numeric_limits<int32_t>::max()));
}

// One pattern's share of a refit, in numbers of its columns; the bias is the last column.
class Fit {
 public:
  Fit(int32_t operands, const Moments& moments, const std::vector<SkipRule>& zero)
      : columns_(LatticeOf(operands, zero)) {
    columns_.push_back({{operands, 1}});
    const Eigen::MatrixXd half = Rows(moments.now);  // columns^T now
    moments_ = Rows(half.transpose());               // columns^T now columns
    cross_ = moments.cross.size() > 0 ? Rows(moments.cross) : half;
    damping_ = DampingOf(moments.now);
    Eigen::MatrixXd damped = moments_;
    AddDamping(damped);
    solver_.compute(damped);
    // Rounding one number moves the best values of those after it along this matrix's rows.
    const Eigen::MatrixXd inverse =
        solver_.solve(Eigen::MatrixXd::Identity(damped.rows(), damped.rows()));
    spread_ = inverse.llt().matrixU();
  }

  void Row(const Layer& exact, Eigen::VectorXd w, int32_t row, Layer& to) const {
    if (exact.most < kMostInt8) return Narrow(exact, w, row, to);
    auto* const weights = to.weights.data() + int64_t{row} * exact.operands;
    Rounding rounding{kMostInt8, std::vector<int32_t>(static_cast<size_t>(exact.operands)), 0, 0};
    // Columns of several weights may leave the range of int8; a little less of all then fits.
    for (int attempt = 0; attempt < 12; ++attempt, w *= 0.95) {
      if (!Round(w, rounding)) continue;
      std::copy(rounding.weights.begin(), rounding.weights.end(), weights);
      break;
    }
    to.bias[static_cast<size_t>(row)] =
        AddToBias(exact.bias[static_cast<size_t>(row)], rounding.bias);
  }

 private:
  static constexpr int32_t kMostInt8 = 127;
  // A row in whole numbers, and what its bias changes by.
  struct Rounding {
    int32_t most;
    std::vector<int32_t> weights;
    double bias, error;  // error: mean squared sum
  };

  // Few numbers: the largest weights are better cut off than all others made coarse.
  void Narrow(const Layer& exact, const Eigen::VectorXd& w, int32_t row, Layer& to) const {
    const auto r = static_cast<size_t>(row);
    const double largest = w.head(exact.operands).cwiseAbs().maxCoeff();
    const double before = exact.unit.empty() ? 1 : exact.unit[r];
    double least = std::numeric_limits<double>::infinity();
    Rounding rounding{exact.most, std::vector<int32_t>(static_cast<size_t>(exact.operands)), 0, 0};
    to.unit[r] = before;
    for (const double part : {1.0, 0.9, 0.8, 0.72, 0.64, 0.56, 0.48, 0.4, 0.33, 1.3, 1.7, 2.5}) {
      if (part > 1 && std::isfinite(least)) break;  // only where columns did not fit
      const double unit = part * largest / exact.most;
      if (unit <= 0 || !Round(w / unit, rounding) || rounding.error * unit * unit >= least)
        continue;
      least = rounding.error * unit * unit;
      std::copy(rounding.weights.begin(), rounding.weights.end(),
                to.weights.begin() + int64_t{row} * exact.operands);
      to.bias[r] = AddToBias(0, exact.bias[r] / unit + rounding.bias);
      to.unit[r] = before * unit;
    }
  }

  Eigen::MatrixXd Rows(const Eigen::MatrixXd& from) const {
    Eigen::MatrixXd to(static_cast<Index>(columns_.size()), from.cols());
    for (size_t k = 0; k < columns_.size(); ++k) {
      auto row = to.row(static_cast<Index>(k));
      row.setZero();
      for (const SkipTerm& term : columns_[k]) row += term.coefficient * from.row(term.index);
    }
    return to;
  }

  // columns^T columns, without the bias; columns that share weights are close to each other.
  void AddDamping(Eigen::MatrixXd& to) const {
    for (size_t a = 0; a + 1 < columns_.size(); ++a)
      for (size_t b = 0; b + 1 < columns_.size(); ++b)
        for (const SkipTerm& s : columns_[a]) {
          if (columns_[b].front().index > s.index || columns_[b].back().index < s.index) continue;
          for (const SkipTerm& t : columns_[b])
            if (s.index == t.index)
              to(static_cast<Index>(a), static_cast<Index>(b)) +=
                  damping_ * s.coefficient * t.coefficient;
        }
  }

  // False if a weight left the range.
  bool Round(const Eigen::VectorXd& w, Rounding& to) const {
    const Index n = moments_.rows() - 1;
    Eigen::VectorXd wanted = cross_ * w;
    for (Index k = 0; k < n; ++k)
      for (const SkipTerm& term : columns_[static_cast<size_t>(k)])
        wanted(k) += damping_ * term.coefficient * w(term.index);
    Eigen::VectorXd theta = solver_.solve(wanted);
    std::vector<int32_t>& sums = to.weights;
    std::fill(sums.begin(), sums.end(), 0);
    to.error = 0;
    for (Index k = 0; k < n; ++k) {
      const Column& column = columns_[static_cast<size_t>(k)];
      const double most = column.size() == 1
                              ? static_cast<double>(to.most) / std::abs(column[0].coefficient)
                              : to.most;
      const double rounded =
          std::nearbyint(std::clamp(theta(k), -std::floor(most), std::floor(most)));
      const double off = (theta(k) - rounded) / spread_(k, k);
      to.error += off * off;
      theta.tail(n + 1 - k) -= off * spread_.row(k).tail(n + 1 - k).transpose();
      for (const SkipTerm& term : column) {
        int32_t& sum = sums[static_cast<size_t>(term.index)];
        sum += static_cast<int32_t>(rounded) * term.coefficient;
      }
    }
    to.bias = theta(n);
    return std::all_of(sums.begin(), sums.end(),
                       [&](int32_t sum) { return std::abs(sum) <= to.most; });
  }

  std::vector<Column> columns_;
  Eigen::MatrixXd moments_, cross_, spread_;
  Eigen::LLT<Eigen::MatrixXd> solver_;
  double damping_ = 0;
};

}  // namespace

Layer Refit(const Layer& exact, const Moments& moments, const std::vector<Pattern>& patterns) {
  Eigen::MatrixXd wanted(exact.operands + 1, exact.rows);
  for (int32_t r = 0; r < exact.rows; ++r) wanted.col(r) = WeightsOf(exact, r);
  return Refit(exact, wanted, moments, patterns);
}

Layer Refit(const Layer& exact, const Eigen::MatrixXd& wanted, const Moments& moments,
            const std::vector<Pattern>& patterns) {
  Layer to = exact;
  std::fill(to.weights.begin(), to.weights.end(), int8_t{0});  // keeps to any rule
  if (exact.most < 127) to.unit.resize(static_cast<size_t>(exact.rows), 1);
  const auto one = [&](const Pattern& pattern, bool threads) {
    const Fit fit(exact.operands, moments, pattern.zero);
    const auto row = [&](size_t k) {
      const int32_t r = pattern.rows[k];
      fit.Row(exact, wanted.col(r), r, to);
    };
    if (threads) return ParallelFor(pattern.rows.size(), row);
    for (size_t k = 0; k < pattern.rows.size(); ++k) row(k);
  };
  if (patterns.size() == 1) {
    one(patterns[0], true);
  } else {
    ParallelFor(patterns.size(), [&](size_t p) { one(patterns[p], false); });
  }
  return to;
}

Layer MendBias(const Layer& exact, const Moments& moments, const std::vector<Pattern>& patterns) {
  Layer to = CutOut(exact, patterns);
  const Eigen::MatrixXd& before = moments.cross.size() > 0 ? moments.cross : moments.now;
  for (int32_t r = 0; r < exact.rows; ++r) {
    // The last row holds means: of the exact network's inputs, and of those now.
    const double wanted = before.row(exact.operands).dot(WeightsOf(exact, r));
    const double got = moments.now.row(exact.operands).dot(WeightsOf(to, r));
    to.bias[static_cast<size_t>(r)] = AddToBias(exact.bias[static_cast<size_t>(r)], wanted - got);
  }
  return to;
}

Layer CutOut(const Layer& exact, const std::vector<Pattern>& patterns) {
  Layer to = exact;
  for (const Pattern& pattern : patterns)
    for (int32_t row : pattern.rows)
      for (const SkipRule& rule : pattern.zero)
        to.weights[static_cast<size_t>(row) * static_cast<size_t>(exact.operands) +
                   static_cast<size_t>(rule[0].index)] = 0;
  return to;
}

}  // namespace covey::compiler
