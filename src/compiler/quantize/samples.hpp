// Samples are the real numbers that calibration feeds to a float network.
//
// Shapes: inputs[i] holds `count` times the elements of the graph's input i, in the graph's own
// order of dimensions.
// Errors: CheckSamples refuses none at all, sizes that do not fit and numbers that are not finite
// with kInvalidArgument; the Finding names the input and the sample.
#pragma once

#include <cstddef>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

struct Samples {
  size_t count = 0;
  std::vector<std::vector<float>> inputs;
};

Status CheckSamples(const Graph& graph, const Samples& samples, Diag& diag);

// The samples with these numbers, in this order.
Samples Pick(const Samples& from, const std::vector<size_t>& which);

// Two disjoint parts: what ranges are taken from, and what choices are measured on. Every third
// sample goes to the second; fewer than six samples are used for both.
struct Split {
  Samples calibrate, select;
  bool disjoint = true;
};
Split SplitSamples(const Samples& samples);

}  // namespace covey::compiler
