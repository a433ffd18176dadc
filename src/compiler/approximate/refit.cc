#include "compiler/approximate/refit.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "compiler/approximate/obs.hpp"
#include "compiler/quantize/batch.hpp"

namespace covey::compiler {
namespace {

using Index = Eigen::Index;

struct Pattern {
  std::vector<Index> kept;    // operands, then the bias
  std::vector<int32_t> rows;  // that have it
};

std::vector<Pattern> PatternsOf(const Layer& layer, const std::vector<bool>& keep) {
  const auto n = static_cast<size_t>(layer.operands);
  std::map<std::vector<bool>, Pattern> patterns;
  for (int32_t r = 0; r < layer.rows; ++r) {
    const auto first = keep.begin() + static_cast<std::ptrdiff_t>(static_cast<size_t>(r) * n);
    const std::vector<bool> row(first, first + static_cast<std::ptrdiff_t>(n));
    Pattern& pattern = patterns[row];
    if (pattern.rows.empty()) {
      for (size_t i = 0; i < n; ++i)
        if (row[i]) pattern.kept.push_back(static_cast<Index>(i));
      pattern.kept.push_back(static_cast<Index>(n));
    }
    pattern.rows.push_back(r);
  }
  std::vector<Pattern> list;
  for (auto& [row, pattern] : patterns) list.push_back(std::move(pattern));
  return list;
}

Eigen::VectorXd WeightsOf(const Layer& layer, int32_t row) {
  Eigen::VectorXd w(layer.operands + 1);
  for (int32_t i = 0; i < layer.operands; ++i)
    w(i) = layer.row(row)[static_cast<size_t>(i)];
  w(layer.operands) = 0;
  return w;
}

int32_t AddToBias(int32_t bias, double change) {
  const double sum = std::nearbyint(static_cast<double>(bias) + change);
  return static_cast<int32_t>(std::clamp<double>(sum, std::numeric_limits<int32_t>::min(),
                                                 std::numeric_limits<int32_t>::max()));
}

// One pattern's share of a refit.
class Fit {
 public:
  Fit(const Moments& moments, const Pattern& pattern) : pattern_(pattern) {
    const auto& kept = pattern.kept;
    moments_ = moments.now(kept, kept);
    damping_ = DampingOf(moments.now);
    Eigen::MatrixXd damped = moments_;
    damped.diagonal().head(damped.rows() - 1).array() += damping_;
    solver_.compute(damped);
    cross_ = (moments.cross.size() > 0 ? moments.cross : moments.now)(kept, Eigen::all);
    // Rounding one weight moves the best values of those after it along this matrix's rows.
    const Eigen::MatrixXd inverse =
        solver_.solve(Eigen::MatrixXd::Identity(damped.rows(), damped.rows()));
    spread_ = inverse.llt().matrixU();
  }

  void Row(const Layer& exact, int32_t row, Layer& to) const {
    const Eigen::VectorXd w = WeightsOf(exact, row);
    const Index n = moments_.rows() - 1;
    Eigen::VectorXd wanted = cross_ * w;
    for (Index i = 0; i < n; ++i) wanted(i) += damping_ * w(pattern_.kept[static_cast<size_t>(i)]);
    Eigen::VectorXd theta = solver_.solve(wanted);
    auto* const weights = to.weights.data() + int64_t{row} * exact.operands;
    std::fill_n(weights, exact.operands, int8_t{0});
    for (Index i = 0; i < n; ++i) {
      const double rounded = std::clamp(std::nearbyint(theta(i)), -127.0, 127.0);
      const double off = (theta(i) - rounded) / spread_(i, i);
      theta.tail(n - i) -= off * spread_.row(i).tail(n - i).transpose();
      weights[pattern_.kept[static_cast<size_t>(i)]] = static_cast<int8_t>(rounded);
    }
    to.bias[static_cast<size_t>(row)] =
        AddToBias(exact.bias[static_cast<size_t>(row)], theta(n));
  }

 private:
  const Pattern& pattern_;
  Eigen::MatrixXd moments_, cross_, spread_;
  Eigen::LLT<Eigen::MatrixXd> solver_;
  double damping_ = 0;
};

}  // namespace

Layer Refit(const Layer& exact, const Moments& moments, const std::vector<bool>& keep) {
  Layer to = exact;
  const std::vector<Pattern> patterns = PatternsOf(exact, keep);
  const auto one = [&](const Pattern& pattern, bool threads) {
    const Fit fit(moments, pattern);
    const auto row = [&](size_t k) { fit.Row(exact, pattern.rows[k], to); };
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

Layer MendBias(const Layer& exact, const Moments& moments, const std::vector<bool>& keep) {
  Layer to = CutOut(exact, keep);
  const Eigen::MatrixXd& before = moments.cross.size() > 0 ? moments.cross : moments.now;
  for (int32_t r = 0; r < exact.rows; ++r) {
    // The last row holds means: of the exact network's inputs, and of those now.
    const double wanted = before.row(exact.operands).dot(WeightsOf(exact, r));
    const double got = moments.now.row(exact.operands).dot(WeightsOf(to, r));
    to.bias[static_cast<size_t>(r)] = AddToBias(exact.bias[static_cast<size_t>(r)], wanted - got);
  }
  return to;
}

Layer CutOut(const Layer& exact, const std::vector<bool>& keep) {
  Layer to = exact;
  for (size_t i = 0; i < to.weights.size(); ++i)
    if (!keep[i]) to.weights[i] = 0;
  return to;
}

}  // namespace covey::compiler
