// What the int8 form of each op asks of the quantisation of its tensors; one row an op.
#pragma once

#include <optional>

#include "compiler/ir/graph.hpp"
#include "compiler/quantize/interval.hpp"

namespace covey::compiler {

enum class QuantRule {
  kNone,     // the op has no int8 form that we can make
  kOwn,      // the output has a range of its own
  kSame,     // the output, and all inputs, are quantised alike
  kFixed,    // the op's arithmetic states the output's quantisation (FixedOutput)
  kWeights,  // kOwn, with weights at input 1 and a bias at input 2
};
QuantRule RuleOf(const Node& node);

// For kFixed.
ScaleZero FixedOutput(const Node& node);

// The dimension of the weights that counts output channels.
int WeightAxis(Op op);

}  // namespace covey::compiler
