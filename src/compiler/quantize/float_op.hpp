// The float form of each op: plain loops, in the order that the int8 reference has them, so that a
// result does not depend on the machine or on how many threads run.
//
// A maker looks at a node once (weights are put into a better order there) and gives a function
// that runs it on one sample. Geometry comes from the node's lowered int8 form, which lowering has
// checked against every shape.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "compiler/lower/lower.hpp"

namespace covey::compiler {

using FloatRun =
    std::function<void(std::span<const float* const> inputs, std::span<float* const> outputs)>;

struct FloatNodeView {
  const Graph& graph;
  const Node& node;
  const Lowered& lowered;
  const Tensor& in(size_t i) const { return graph.tensors[static_cast<size_t>(node.inputs[i])]; }
  const Tensor& out(size_t i = 0) const {
    return graph.tensors[static_cast<size_t>(node.outputs[i])];
  }
};

// Null if the op has no float form here.
using FloatMaker = FloatRun (*)(const FloatNodeView& view);
FloatMaker FloatMakerOf(Op op);

float Activate(Activation activation, float x);

FloatRun MakeFloatConv(const FloatNodeView& view);
FloatRun MakeFloatDepthwise(const FloatNodeView& view);
FloatRun MakeFloatFullyConnected(const FloatNodeView& view);
FloatRun MakeFloatPool(const FloatNodeView& view);
FloatRun MakeFloatAdd(const FloatNodeView& view);
FloatRun MakeFloatMean(const FloatNodeView& view);
FloatRun MakeFloatSoftmax(const FloatNodeView& view);
FloatRun MakeFloatReshape(const FloatNodeView& view);
FloatRun MakeFloatPad(const FloatNodeView& view);
FloatRun MakeFloatRelu(const FloatNodeView& view);
FloatRun MakeFloatTranspose(const FloatNodeView& view);

}  // namespace covey::compiler
