// What the units of a kernel's form (skip_cost.hpp) cost in accuracy: for each block of output
// channels, in the order of least second-order error, what else is left in the layer taking over.
//
//   const FormTrace trace = TraceForm(layer, option, inverse, weight);
//   for (size_t b = 0; b < trace.blocks.size(); ++b) Use(trace.blocks[b].units, ...cost);
//
// As obs.hpp, with rules that are sums of weights: P is kept as the first inverse less a product of
// few columns, so that a removal costs (operands * removals so far).
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "compiler/approximate/layer.hpp"
#include "compiler/approximate/pattern.hpp"
#include "compiler/approximate/skip_cost.hpp"

namespace covey::compiler {

struct BlockTrace {
  std::vector<int32_t> units;
  std::vector<double> cost;  // of each; never less than the one before
};
struct FormTrace {
  SkipOption option;
  std::vector<BlockTrace> blocks;
};

// `inverse` is InverseOf the layer's moments; `weight` scales errors in squared steps of the
// output. At most `part` of a block's units are looked at.
FormTrace TraceForm(const Layer& layer, const SkipOption& option, const Eigen::MatrixXd& inverse,
                    double weight, double part = 0.6);

// The layer's weights as (O,KH,KW,I).
std::vector<int32_t> FilterOf(const Layer& layer);
// Patterns of a layer whose blocks lose the first counts[b] units of their traces.
std::vector<Pattern> PatternsOf(const Layer& layer, const FormTrace& trace,
                                const std::vector<size_t>& counts);

}  // namespace covey::compiler
