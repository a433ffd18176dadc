// Tune moves the weights that an approximated network has left until its scores are the exact
// network's again: gradients through the whole network, on samples without labels, the exact
// network's answers for a teacher.
//
//   const auto patterns = study.PatternsFor(removal);
//   COVEY_TRY_ASSIGN(Graph tuned, Tune(cut, patterns, samples, exact, {}, diag));
//
// Refit (refit.hpp) looks at one layer's sums; this looks at what reaches the end, so that later
// layers make up for what earlier ones lost. Weights are real numbers meanwhile (float_layer.hpp)
// and keep to their patterns by projection; then layer after layer becomes whole numbers by Refit.
// Scales, multipliers and shifts stay. Biases and weights of depthwise layers' are left alone.
//
// Exact: the same samples give the same network on one kind of processor.
// Errors: kUnimplemented where no rule leads through an op (CanTune).
#pragma once

#include <functional>
#include <vector>

#include "compiler/approximate/pattern.hpp"
#include "compiler/approximate/score.hpp"

namespace covey::compiler {

struct TuneOptions {
  size_t visits = 24000;  // samples looked at in all, again and again where there are fewer
  size_t batch = 32;
  double rate = 0.2;    // of the first steps, in whole numbers of weights
  bool classes = true;  // scores are compared as probabilities of classes, not as values alone
  // What is looked at is varied by views that do not change the exact network's answer (views.hpp),
  // and where samples would be looked at more than twice, half of it is a mixture of two: the exact
  // network says what is right there too.
  bool vary = true;
  size_t windows = 8192;  // of each layer, to make weights whole
  size_t whole = 2000;    // samples for that
  std::function<void(size_t done, size_t total)> progress = nullptr;
};

bool CanTune(const Graph& graph);
// One list of patterns a layer of LayersOf(graph), whose weights keep to them.
Result<Graph> Tune(const Graph& graph, const std::vector<std::vector<Pattern>>& patterns,
                   const ByteSamples& samples, const Graph& exact, const TuneOptions& options,
                   Diag& diag);

}  // namespace covey::compiler
