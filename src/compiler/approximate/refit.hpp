// Refit finds the whole-number weights that a layer does best with once rules hold for them
// (pattern.hpp) and its inputs have changed: least squares against what the exact network
// computes, then rounding.
//
//   min over theta of  mean (B theta - T)^2 + damping * |theta - w|^2     B = [x now, 1]   T = w e
//
// theta is a sum of the pattern's columns, so that the rules hold in whole numbers. The columns'
// numbers are rounded one after the other; what rounding does to one is spread over those that
// follow, by the same second moments. The bias comes last and takes the rest.
//
// Exact: weights within [-127, 127] at the old scale: multipliers and shifts of the layer stay. Where
// Layer::most is less, each row gets the unit that changes its sums least (Layer::unit), and its
// scale and bias go with it.
#pragma once

#include <vector>

#include "compiler/approximate/layer.hpp"
#include "compiler/approximate/moments.hpp"
#include "compiler/approximate/pattern.hpp"

namespace covey::compiler {

// Every row in one pattern. Returns `exact` with other weights and biases.
Layer Refit(const Layer& exact, const Moments& moments, const std::vector<Pattern>& patterns);
// The same towards other weights than the exact layer's: (operands + 1, rows), the last of a row
// what its bias changes by.
Layer Refit(const Layer& exact, const Eigen::MatrixXd& wanted, const Moments& moments,
            const std::vector<Pattern>& patterns);

// Operands out, weights as they were, and only the mean made up for. Rules must be of one weight.
Layer MendBias(const Layer& exact, const Moments& moments, const std::vector<Pattern>& patterns);

// Operands out and nothing else.
Layer CutOut(const Layer& exact, const std::vector<Pattern>& patterns);

}  // namespace covey::compiler
