#include "compiler/exit/logistic.hpp"

#include <Eigen/Cholesky>
#include <cmath>

namespace covey::compiler {
namespace {

using Eigen::MatrixXf;

// Rows of scores become rows of probabilities; gives the mean of -log p[label].
double Softmax(MatrixXf& scores, const std::vector<int>& labels) {
  double loss = 0;
  for (Eigen::Index s = 0; s < scores.rows(); ++s) {
    const float most = scores.row(s).maxCoeff();
    scores.row(s) = (scores.row(s).array() - most).exp();
    scores.row(s) /= scores.row(s).sum();
    loss -= std::log(std::max(1e-12F, scores(s, labels[static_cast<size_t>(s)])));
  }
  return loss / static_cast<double>(scores.rows());
}

// x has its column of ones.
MatrixXf Fit(const MatrixXf& x, const std::vector<int>& labels, int classes, float weight,
             int steps) {
  const auto count = static_cast<float>(x.rows());
  MatrixXf curvature = x.transpose() * x / (2 * count);
  const Eigen::Index inputs = x.cols() - 1;
  const float penalty = weight * 2 * curvature.diagonal().head(inputs).mean() + 1e-6F;
  curvature.diagonal().head(inputs).array() += penalty;
  curvature.diagonal()(inputs) += 1e-6F;
  const Eigen::LLT<MatrixXf> solve(curvature);
  MatrixXf w = MatrixXf::Zero(classes, x.cols()), ahead = w;
  for (int step = 0; step < steps; ++step) {
    MatrixXf error = x * ahead.transpose();
    (void)Softmax(error, labels);
    for (Eigen::Index s = 0; s < x.rows(); ++s) error(s, labels[static_cast<size_t>(s)]) -= 1;
    MatrixXf slope = error.transpose() * x / count;
    slope.leftCols(inputs) += penalty * ahead.leftCols(inputs);
    const MatrixXf next = ahead - solve.solve(slope.transpose()).transpose();
    const float momentum = static_cast<float>(step) / static_cast<float>(step + 3);
    ahead = next + momentum * (next - w);
    w = next;
  }
  return w;
}

}  // namespace

MatrixXf FitLogistic(const MatrixXf& x, const std::vector<int>& labels, int classes,
                     const LogisticOptions& options) {
  MatrixXf with_ones(x.rows(), x.cols() + 1);
  with_ones << x, Eigen::VectorXf::Ones(x.rows());
  float best_weight = options.weights.front();
  if (options.weights.size() > 1) {
    std::vector<Eigen::Index> fit, held;
    std::vector<int> fit_labels, held_labels;
    for (Eigen::Index s = 0; s < x.rows(); ++s) {
      (s % 4 == 3 ? held : fit).push_back(s);
      (s % 4 == 3 ? held_labels : fit_labels).push_back(labels[static_cast<size_t>(s)]);
    }
    const MatrixXf part = with_ones(fit, Eigen::all), rest = with_ones(held, Eigen::all);
    double least = 1e30;
    for (const float weight : options.weights) {
      MatrixXf scores = rest * Fit(part, fit_labels, classes, weight, options.steps).transpose();
      const double loss = Softmax(scores, held_labels);
      if (loss < least) least = loss, best_weight = weight;
    }
  }
  return Fit(with_ones, labels, classes, best_weight, options.steps);
}

}  // namespace covey::compiler
