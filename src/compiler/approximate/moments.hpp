// Moments are what calibration keeps of a layer's inputs: second moments of windows, with a column
// of ones for the bias, and what they have in common with the windows of the exact network.
//
//   x~ = [x; 1]      now = mean of x~ x~^T       cross = mean of x~ e~^T     (e: exact network)
//
//   const Moments seen = MomentsOf(layer, inputs, exact_inputs, samples, 4096);
//
// Shapes: (operands + 1) squared. Exact: sums of whole numbers, so that the result does not depend
// on how many threads run.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <vector>

#include "compiler/approximate/layer.hpp"

namespace covey::compiler {

struct Moments {
  Eigen::MatrixXd now, cross;  // cross is empty where both networks see the same
  size_t windows = 0;
};

// About `most` windows, at random places that depend on their number alone; `exact` may be null.
Moments MomentsOf(const Layer& layer, const std::vector<std::byte>& inputs,
                  const std::vector<std::byte>* exact, size_t samples, size_t most);

}  // namespace covey::compiler
