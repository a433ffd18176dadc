#include "compiler/quantize/rules.hpp"

namespace covey::compiler {

QuantRule RuleOf(const Node& node) {
  switch (node.op) {
    case Op::kConv2D:
    case Op::kDepthwiseConv2D:
    case Op::kFullyConnected:
      return QuantRule::kWeights;
    case Op::kAdd:
    case Op::kMean:
    case Op::kRelu:
    case Op::kUnary:
    case Op::kMul:
    case Op::kSub:
    case Op::kPrelu:
      return QuantRule::kOwn;
    case Op::kAveragePool2D:
    case Op::kMaxPool2D:
    case Op::kReshape:
    case Op::kPad:
    case Op::kTranspose:
    case Op::kMaximum:
    case Op::kMinimum:
    case Op::kConcat:
    case Op::kSlice:
    case Op::kResizeNearest:
    case Op::kResizeBilinear:
    case Op::kMirrorPad:
    case Op::kGather:
      return QuantRule::kSame;
    case Op::kSoftmax:
      return QuantRule::kFixed;
    default:
      return QuantRule::kNone;
  }
}

ScaleZero FixedOutput(const Node&) { return {1.0F / 256, -128}; }

int WeightAxis(Op op) { return op == Op::kDepthwiseConv2D ? 3 : 0; }

}  // namespace covey::compiler
