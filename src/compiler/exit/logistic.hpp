// Logistic regression with several classes, by steps against a bound of the curvature: each lowers
// the loss, none needs a rate.
//
//   p = softmax(W [x; 1])      loss = mean of -log p[label] + weight / 2 * |W|^2 (but the ones)
//
//   const Eigen::MatrixXf w = FitLogistic(x, labels, classes, {});   // (classes, inputs + 1)
//
// Shapes: x is (samples, inputs). Source: Boehning's fixed bound, (I - 11^T / K) / 2 (x) X^T X,
// and Nesterov's momentum.
#pragma once

#include <Eigen/Core>
#include <vector>

namespace covey::compiler {

struct LogisticOptions {
  int steps = 120;
  // Of |W|^2, as a part of the mean square of an input; several: the best on every fourth sample.
  std::vector<float> weights = {1e-3F, 1e-2F, 1e-1F};
};

Eigen::MatrixXf FitLogistic(const Eigen::MatrixXf& x, const std::vector<int>& labels, int classes,
                            const LogisticOptions& options);

}  // namespace covey::compiler
