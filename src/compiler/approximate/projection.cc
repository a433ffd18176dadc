#include "compiler/approximate/projection.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <map>
#include <numeric>

namespace covey::compiler {
namespace {

using Local = std::vector<std::vector<int32_t>>;  // rules over the members of one part

std::shared_ptr<const std::vector<float>> MatrixOf(size_t size, const Local& rules) {
  const auto n = static_cast<Eigen::Index>(size);
  Eigen::MatrixXd across(n, static_cast<Eigen::Index>(rules.size()));
  for (size_t k = 0; k < rules.size(); ++k)
    for (size_t i = 0; i < size; ++i)
      across(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) = rules[k][i];
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(across);
  const Eigen::MatrixXd q =
      (qr.householderQ() * Eigen::MatrixXd::Identity(n, n)).leftCols(qr.rank());
  const Eigen::MatrixXd taken = q * q.transpose();
  auto matrix = std::make_shared<std::vector<float>>();
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index j = 0; j < n; ++j) matrix->push_back(static_cast<float>(taken(i, j)));
  return matrix;
}

}  // namespace

Projection::Projection(int32_t operands, const std::vector<Pattern>& patterns)
    : operands_(static_cast<size_t>(operands)) {
  std::map<Local, std::shared_ptr<const std::vector<float>>> known;
  for (const Pattern& pattern : patterns) {
    if (pattern.zero.empty()) continue;
    std::vector<size_t> parent(operands_);
    std::iota(parent.begin(), parent.end(), size_t{0});
    const auto root = [&](int32_t operand) {
      auto i = static_cast<size_t>(operand);
      while (parent[i] != i) i = parent[i] = parent[parent[i]];
      return i;
    };
    for (const SkipRule& rule : pattern.zero)
      for (const SkipTerm& term : rule) parent[root(term.index)] = root(rule[0].index);
    std::map<size_t, std::pair<std::vector<int32_t>, std::vector<const SkipRule*>>> ties;
    for (const SkipRule& rule : pattern.zero) ties[root(rule[0].index)].second.push_back(&rule);
    for (int32_t i = 0; i < operands; ++i)
      if (const auto at = ties.find(root(i)); at != ties.end()) at->second.first.push_back(i);
    Rows& rows = rows_.emplace_back(Rows{pattern.rows, {}});
    for (const auto& [number, tie] : ties) {
      const auto& [members, rules] = tie;
      Local local;
      for (const SkipRule* rule : rules) {
        std::vector<int32_t>& line = local.emplace_back(members.size(), 0);
        for (const SkipTerm& term : *rule)
          line[static_cast<size_t>(std::lower_bound(members.begin(), members.end(), term.index) -
                                   members.begin())] += term.coefficient;
      }
      std::sort(local.begin(), local.end());
      local.erase(std::unique(local.begin(), local.end()), local.end());
      auto& matrix = known[local];
      if (matrix == nullptr) matrix = MatrixOf(members.size(), local);
      rows.parts.push_back({members, matrix});
    }
  }
}

void Projection::Apply(std::vector<float>& weights) const {
  std::vector<float> was;
  for (const Rows& rows : rows_)
    for (const int32_t row : rows.rows) {
      float* const w = weights.data() + static_cast<size_t>(row) * operands_;
      for (const Part& part : rows.parts) {
        const size_t n = part.members.size();
        was.resize(n);
        for (size_t i = 0; i < n; ++i) was[i] = w[part.members[i]];
        const float* matrix = part.matrix->data();
        for (size_t i = 0; i < n; ++i, matrix += n)
          w[part.members[i]] -= std::inner_product(matrix, matrix + n, was.data(), 0.0F);
      }
    }
}

}  // namespace covey::compiler
