// Equalise balances channels across layers: a channel that spans a hundredth of its tensor's range
// has one or two of eight bits. What one layer divides a channel by, the next multiplies it with:
//
//   W2 relu(W1 x + b1)  =  (W2 S) relu(S^-1 W1 x + S^-1 b1)        S diagonal and positive
//
//   next layer depthwise    s[c] = range[c]: its weights have a scale each channel, nothing is lost
//   else                    s[c] = sqrt(range[c] / largest weight of W2 on c): both sides give
//
// Exact: the float network computes the same, up to the rounding of single precision. Layers with
// relu6 or another activation that does not scale stay as they are, and are counted.
#pragma once

#include "compiler/ir/graph.hpp"
#include "compiler/quantize/calibrate.hpp"

namespace covey::compiler {

struct Equalised {
  int pairs = 0;  // rescaled
  int clipped =
      0;  // left: relu6, hard-swish or another activation that does not scale lies between
};

Equalised Equalise(Graph& graph, const Calibration& seen);

}  // namespace covey::compiler
