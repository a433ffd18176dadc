// Whole layers with weights of four bits: one row after the other gets the unit, a whole number of
// which each weight becomes, that changes the layer's output least, and the numbers by least
// squares (refit.hpp). Layers behind are refitted to what reaches them then.
//
//   const std::vector<double> errors = NarrowErrors(study);               // of each layer alone
//   const std::vector<bool> which = NarrowFor(study, errors, 0.5);        // half of the weights
//   COVEY_TRY_ASSIGN(Graph made, NarrowLayers(graph, which, patterns, samples, diag));
//
// What comes out is an int8 network whose weights of those layers fit four bits, at other scales;
// images store them so (compiler/narrow_weights.hpp).
#pragma once

#include <vector>

#include "compiler/approximate/study.hpp"

namespace covey::compiler {

// [layer]: mean squared steps of the scores, as far as errors add up; infinite where four bits save
// nothing.
std::vector<double> NarrowErrors(const Study& study);
// Layers that hold `part` of the weights, those with the least error for a byte first; 1: all.
std::vector<bool> NarrowFor(const Study& study, const std::vector<double>& errors, double part);

// `patterns`: of each layer of `graph`, which holds them.
Result<Graph> NarrowLayers(const Graph& graph, const std::vector<bool>& which,
                           const Study::Patterns& patterns, const ByteSamples& samples, Diag& diag);

}  // namespace covey::compiler
