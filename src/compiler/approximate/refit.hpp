// Refit finds the whole-number weights that a layer does best with once some operands are gone and
// its inputs have changed: least squares against what the exact network computes, then rounding.
//
//   min over theta of  mean (B theta - T)^2 + damping * |theta - w|^2     B = [x now, 1]   T = w e
//
// Weights are rounded one after the other; what rounding (and the range of int8) does to one is
// spread over those that follow, by the same second moments. The bias comes last and takes the rest.
//
// Exact: weights within [-127, 127] at the old scale: multipliers and shifts of the layer stay.
#pragma once

#include <vector>

#include "compiler/approximate/layer.hpp"
#include "compiler/approximate/moments.hpp"

namespace covey::compiler {

// keep[row * operands + i]: false where the operand is removed. Rows with the same pattern share
// their work. Returns `exact` with other weights and biases.
Layer Refit(const Layer& exact, const Moments& moments, const std::vector<bool>& keep);

// The same pattern, weights as they were, and only the mean made up for.
Layer MendBias(const Layer& exact, const Moments& moments, const std::vector<bool>& keep);

// The same pattern and nothing else.
Layer CutOut(const Layer& exact, const std::vector<bool>& keep);

}  // namespace covey::compiler
