// SetOp turns one operator of a .tflite file into the IR's op and attributes.
//
// An operator that the IR has no op for, or a variant of one that it cannot say (a tanh behind a
// convolution, a permutation computed at run time), stays Op::kNone with its source_op: it can be
// inspected, and lowering names it.
#pragma once

#include "compiler/ir/graph.hpp"

namespace covey::compiler::tflite {

struct Operator;  // of the generated reader

// Numbers of the builtin operators that become ops of the IR.
enum class Builtin : int32_t {
  kAdd = 0,
  kAveragePool2D = 1,
  kConv2D = 3,
  kDepthwiseConv2D = 4,
  kDequantize = 6,
  kFullyConnected = 9,
  kMaxPool2D = 17,
  kRelu = 19,
  kReluN1To1 = 20,
  kRelu6 = 21,
  kReshape = 22,
  kSoftmax = 25,
  kCustom = 32,
  kPad = 34,
  kTranspose = 39,
  kMean = 40,
  kSqueeze = 43,
  kPadV2 = 60,
  kExpandDims = 70,
  kQuantize = 114,
};

// `node` has its tensors already. Leaves node.op at kNone if it cannot be said.
void SetOp(const Operator& op, Builtin code, const Graph& graph, Node& node);

}  // namespace covey::compiler::tflite
