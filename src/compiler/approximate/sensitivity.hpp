// SensitivityOf says what an error in a layer's output does to the scores: one step, up or down at
// random, in every value of it, and what the scores change by.
//
//   sensitivity[l] = mean squared change of the scores / (mean squared change of an output * rows)
//
// so that the sum over a layer's rows of squared errors, times this, is what the scores see.
// Units: squared steps of the scores (what goes into a last softmax, or the output).
#pragma once

#include <vector>

#include "compiler/approximate/layer.hpp"
#include "compiler/approximate/score.hpp"

namespace covey::compiler {

Result<std::vector<double>> SensitivityOf(const Graph& graph, const std::vector<Layer>& layers,
                                          const ByteSamples& samples, Diag& diag);

}  // namespace covey::compiler
