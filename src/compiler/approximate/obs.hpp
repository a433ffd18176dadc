// Obs removes operands of a layer and lets the others take over: the second-order rule of optimal
// brain surgeon, for rows that lose the same operands.
//
//   P = H^-1      cost of S = sum over rows r of scale[r] * w_r,S^T (P_SS)^-1 w_r,S
//   removing S:   w <- w - P_:,S (P_SS)^-1 w_S      P <- P - P_:,S (P_SS)^-1 P_S,:
//
//   Obs obs(InverseOf(moments.now), weights, scale);
//   if (obs.Cost(group) < bound) obs.Remove(group);
//
// Shapes: weights are (operands + 1, rows), the last one of a row the change of its bias, which is
// never removed. Units: a cost is in squared steps of the output if scale is the squared step of
// the sum. Memory: (operands + 1) squared doubles; a removal is as many operations, fewer as
// operands go.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

namespace covey::compiler {

// The inverse of second moments, damped by a hundredth of their mean (the bias is not).
Eigen::MatrixXd InverseOf(const Eigen::MatrixXd& moments);
// What is added to the diagonal of all but the last.
double DampingOf(const Eigen::MatrixXd& moments);

class Obs {
 public:
  Obs(const Eigen::MatrixXd& inverse, const Eigen::MatrixXd& weights, Eigen::VectorXd scale);

  double Cost(std::span<const int32_t> group) const;
  void Remove(std::span<const int32_t> group);

 private:
  Eigen::MatrixXd Block(std::span<const int32_t> group) const;  // P_SS
  void SwapOut(Eigen::Index at);

  Eigen::MatrixXd inverse_, weights_;  // those that are left come first
  Eigen::VectorXd scale_;
  std::vector<Eigen::Index> where_;  // of each operand
  std::vector<int32_t> operand_;     // at each place
  Eigen::Index left_;
};

}  // namespace covey::compiler
