#include "compiler/approximate/block_trace.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "compiler/quantize/batch.hpp"

namespace covey::compiler {
namespace {

using Index = Eigen::Index;

// Below this part of what it was, the variance of a sum of weights is rounding: earlier rules make
// it zero already.
constexpr double kImplied = 1e-9;

// The rules of each unit for one output channel: the same for all blocks.
std::vector<std::vector<SkipRule>> RulesOf(const Layer& layer, const SkipOption& option) {
  std::vector<std::vector<SkipRule>> units;
  const std::vector<int32_t> filter = FilterOf(layer);
  for (int32_t u = 0; u < option.units; ++u) {
    std::vector<SkipRule>& rules = units.emplace_back();
    for (SkipRule& rule : UnitRules(option.form, filter, 0, u))
      if (rule[0].index < layer.operands) rules.push_back(std::move(rule));
  }
  return units;
}

class BlockObs {
 public:
  BlockObs(const std::vector<std::vector<SkipRule>>& units, const Eigen::MatrixXd& inverse,
           size_t most)
      : units_(units), inverse_(inverse), most_(most) {
    for (const auto& rules : units) {
      first_.push_back(rules_.size());
      for (const SkipRule& rule : rules) rules_.push_back(&rule);
    }
    first_.push_back(rules_.size());
    for (size_t u = 0; u < units.size(); ++u) {
      Eigen::MatrixXd& block = blocks_.emplace_back(Size(u), Size(u));
      for (Index a = 0; a < Size(u); ++a)
        for (Index b = 0; b < Size(u); ++b) block(a, b) = Between(Rule(u, a), Rule(u, b));
    }
    start_ = blocks_;
  }

  // rows: (operands, rows of the block); scale: of each row's squared error.
  BlockTrace Run(const Eigen::MatrixXd& rows, const Eigen::VectorXd& scale) {
    blocks_ = start_;
    values_.resize(static_cast<Index>(rules_.size()), rows.cols());
    for (size_t f = 0; f < rules_.size(); ++f)
      values_.row(static_cast<Index>(f)) = Product(*rules_[f], rows);
    Index most_columns = 0;
    for (size_t u = 0; u < units_.size(); ++u) most_columns = std::max(most_columns, Size(u));
    columns_.resize(inverse_.rows(), most_columns * static_cast<Index>(most_));
    used_ = 0;
    BlockTrace trace;
    std::vector<bool> gone(units_.size(), false);
    double most = 0;
    while (trace.units.size() < most_) {
      size_t best = units_.size();
      double least = std::numeric_limits<double>::infinity();
      for (size_t u = 0; u < units_.size(); ++u) {
        if (gone[u]) continue;
        const double cost = Cost(u, scale);
        if (cost < least) least = cost, best = u;
      }
      if (best == units_.size()) break;
      gone[best] = true;
      for (Index a = 0; a < Size(best); ++a) Remove(best, a);
      trace.units.push_back(static_cast<int32_t>(best));
      trace.cost.push_back(most = std::max(most, least));
    }
    return trace;
  }

 private:
  Index Size(size_t u) const { return static_cast<Index>(first_[u + 1] - first_[u]); }
  const SkipRule& Rule(size_t u, Index a) const {
    return *rules_[first_[u] + static_cast<size_t>(a)];
  }
  double Between(const SkipRule& a, const SkipRule& b) const {
    double sum = 0;
    for (const SkipTerm& s : a)
      for (const SkipTerm& t : b) sum += s.coefficient * t.coefficient * inverse_(s.index, t.index);
    return sum;
  }
  template <typename Matrix>
  static Eigen::RowVectorXd Product(const SkipRule& rule, const Matrix& matrix) {
    Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(matrix.cols());
    for (const SkipTerm& term : rule) sum += term.coefficient * matrix.row(term.index);
    return sum;
  }

  // Rule by rule, each given those before it.
  double Cost(size_t u, const Eigen::VectorXd& scale) const {
    const Index size = Size(u);
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, 16, 16> block = blocks_[u];
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, 16, 2> value =
        values_.middleRows(static_cast<Index>(first_[u]), size);
    double cost = 0;
    for (Index a = 0; a < size; ++a) {
      const double k = block(a, a);
      if (k <= kImplied * start_[u](a, a)) continue;
      cost += value.row(a).cwiseAbs2().dot(scale) / k;
      for (Index b = a + 1; b < size; ++b) {
        const double gain = block(b, a) / k;
        value.row(b) -= gain * value.row(a);
        for (Index c = a + 1; c < size; ++c) block(b, c) -= gain * block(a, c);
      }
    }
    return cost;
  }

  void Remove(size_t u, Index a) {
    const SkipRule& rule = Rule(u, a);
    const double k = blocks_[u](a, a);
    if (k <= kImplied * start_[u](a, a)) return;
    // P times the rule: from the first inverse, and what was taken from it since.
    Eigen::VectorXd column = Eigen::VectorXd::Zero(inverse_.rows());
    for (const SkipTerm& term : rule) column += term.coefficient * inverse_.col(term.index);
    const auto used = columns_.leftCols(used_);
    column.noalias() -= used * Product(rule, used).transpose();
    column /= std::sqrt(k);
    columns_.col(used_++) = column;
    const Eigen::RowVectorXd moved = values_.row(static_cast<Index>(first_[u]) + a) / std::sqrt(k);
    Eigen::VectorXd along(static_cast<Index>(rules_.size()));
    for (size_t f = 0; f < rules_.size(); ++f) {
      double sum = 0;
      for (const SkipTerm& term : *rules_[f]) sum += term.coefficient * column(term.index);
      along(static_cast<Index>(f)) = sum;
    }
    values_.noalias() -= along * moved;
    for (size_t v = 0; v < units_.size(); ++v) {
      const auto part = along.segment(static_cast<Index>(first_[v]), Size(v));
      blocks_[v].noalias() -= part * part.transpose();
    }
  }

  const std::vector<std::vector<SkipRule>>& units_;
  const Eigen::MatrixXd& inverse_;
  const size_t most_;
  std::vector<const SkipRule*> rules_;
  std::vector<size_t> first_;                    // of each unit, in rules_
  std::vector<Eigen::MatrixXd> start_, blocks_;  // of each unit: its rules' variances
  Eigen::MatrixXd values_;                       // (rules, rows): what is not zero yet
  Eigen::MatrixXd columns_;
  Index used_ = 0;
};

int32_t FirstRow(const Layer& layer, int32_t block, int32_t rows) {
  return rows * block + rows <= layer.rows ? rows * block : layer.rows - rows;
}

}  // namespace

std::vector<int32_t> FilterOf(const Layer& layer) {
  return {layer.rows, layer.window_h, layer.window_w, layer.channels};
}

FormTrace TraceForm(const Layer& layer, const SkipOption& option, const Eigen::MatrixXd& inverse,
                    double weight, double part) {
  FormTrace trace{option, std::vector<BlockTrace>(static_cast<size_t>(option.blocks))};
  const std::vector<std::vector<SkipRule>> units = RulesOf(layer, option);
  const Eigen::MatrixXd operands = inverse.topLeftCorner(layer.operands, layer.operands);
  const auto most = static_cast<size_t>(part * option.units);
  ParallelFor(trace.blocks.size(), [&](size_t b) {
    const int32_t count = BlockRows(option.form);
    Eigen::MatrixXd rows(layer.operands, count);
    Eigen::VectorXd scale(count);
    for (int32_t k = 0; k < count; ++k) {
      const int32_t row = FirstRow(layer, static_cast<int32_t>(b), count) + k;
      for (int32_t i = 0; i < layer.operands; ++i)
        rows(i, k) = layer.row(row)[static_cast<size_t>(i)];
      const double step = layer.step[static_cast<size_t>(row)];
      scale(k) = step * step * weight;
    }
    trace.blocks[b] = BlockObs(units, operands, most).Run(rows, scale);
  });
  return trace;
}

std::vector<Pattern> PatternsOf(const Layer& layer, const FormTrace& trace,
                                const std::vector<size_t>& counts) {
  const std::vector<std::vector<SkipRule>> units = RulesOf(layer, trace.option);
  // Of each row: units that it loses; the last two blocks may share one.
  std::vector<std::vector<int32_t>> lost(static_cast<size_t>(layer.rows));
  const int32_t count = BlockRows(trace.option.form);
  for (size_t b = 0; b < counts.size(); ++b)
    for (int32_t k = 0; k < count; ++k) {
      std::vector<int32_t>& row =
          lost[static_cast<size_t>(FirstRow(layer, static_cast<int32_t>(b), count) + k)];
      row.insert(row.end(), trace.blocks[b].units.begin(),
                 trace.blocks[b].units.begin() + static_cast<std::ptrdiff_t>(counts[b]));
      std::sort(row.begin(), row.end());
      row.erase(std::unique(row.begin(), row.end()), row.end());
    }
  std::map<std::vector<int32_t>, Pattern> patterns;
  for (int32_t r = 0; r < layer.rows; ++r) {
    Pattern& pattern = patterns[lost[static_cast<size_t>(r)]];
    pattern.rows.push_back(r);
    if (pattern.rows.size() > 1) continue;
    for (int32_t u : lost[static_cast<size_t>(r)])
      for (const SkipRule& rule : units[static_cast<size_t>(u)]) pattern.zero.push_back(rule);
  }
  std::vector<Pattern> list;
  for (auto& [key, pattern] : patterns) list.push_back(std::move(pattern));
  return list;
}

}  // namespace covey::compiler
