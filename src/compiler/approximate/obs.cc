#include "compiler/approximate/obs.hpp"

#include <Eigen/Cholesky>
#include <numeric>
#include <utility>

namespace covey::compiler {

double DampingOf(const Eigen::MatrixXd& moments) {
  const Eigen::Index n = moments.rows() - 1;
  // Inputs that are always zero still need an inverse.
  return 0.01 * std::max(moments.diagonal().head(n).mean(), 1e-3);
}

Eigen::MatrixXd InverseOf(const Eigen::MatrixXd& moments) {
  const Eigen::Index n = moments.rows();
  Eigen::MatrixXd damped = moments;
  damped.diagonal().head(n - 1).array() += DampingOf(moments);
  return damped.llt().solve(Eigen::MatrixXd::Identity(n, n));
}

Obs::Obs(const Eigen::MatrixXd& inverse, const Eigen::MatrixXd& weights, Eigen::VectorXd scale)
    : inverse_(inverse),
      weights_(weights),
      scale_(std::move(scale)),
      where_(static_cast<size_t>(inverse.rows())),
      operand_(static_cast<size_t>(inverse.rows())),
      left_(inverse.rows()) {
  std::iota(where_.begin(), where_.end(), Eigen::Index{0});
  std::iota(operand_.begin(), operand_.end(), 0);
}

Eigen::MatrixXd Obs::Block(std::span<const int32_t> group) const {
  const auto size = static_cast<Eigen::Index>(group.size());
  Eigen::MatrixXd block(size, size);
  for (Eigen::Index a = 0; a < size; ++a)
    for (Eigen::Index b = 0; b < size; ++b)
      block(a, b) = inverse_(where_[static_cast<size_t>(group[static_cast<size_t>(a)])],
                             where_[static_cast<size_t>(group[static_cast<size_t>(b)])]);
  return block;
}

double Obs::Cost(std::span<const int32_t> group) const {
  Eigen::MatrixXd rows(group.size(), weights_.cols());
  for (size_t a = 0; a < group.size(); ++a)
    rows.row(static_cast<Eigen::Index>(a)) = weights_.row(where_[static_cast<size_t>(group[a])]);
  const Eigen::MatrixXd solved = Block(group).llt().solve(rows);
  return (rows.cwiseProduct(solved).colwise().sum() * scale_)(0);
}

void Obs::SwapOut(Eigen::Index at) {
  const Eigen::Index last = left_ - 1;
  inverse_.row(at).swap(inverse_.row(last));
  inverse_.col(at).swap(inverse_.col(last));
  weights_.row(at).swap(weights_.row(last));
  std::swap(operand_[static_cast<size_t>(at)], operand_[static_cast<size_t>(last)]);
  where_[static_cast<size_t>(operand_[static_cast<size_t>(at)])] = at;
  where_[static_cast<size_t>(operand_[static_cast<size_t>(last)])] = last;
  --left_;
}

void Obs::Remove(std::span<const int32_t> group) {
  const auto size = static_cast<Eigen::Index>(group.size());
  // To the end of those that are left; what remains is one block.
  for (int32_t operand : group) SwapOut(where_[static_cast<size_t>(operand)]);
  const Eigen::MatrixXd gain = inverse_.block(left_, left_, size, size)
                                   .llt()
                                   .solve(inverse_.block(left_, 0, size, left_))
                                   .transpose();  // P_:,S (P_SS)^-1
  weights_.topRows(left_).noalias() -= gain * weights_.middleRows(left_, size);
  inverse_.topLeftCorner(left_, left_).noalias() -= gain * inverse_.block(left_, 0, size, left_);
}

}  // namespace covey::compiler
