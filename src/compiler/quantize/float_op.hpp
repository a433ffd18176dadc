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

// Calls body(flat index, indices) for every index of dims in order.
template <typename Body>
void ForIndices(const std::vector<int32_t>& dims, Body body) {
  std::vector<size_t> index(dims.size());
  size_t count = 1;
  for (int32_t dim : dims) count *= static_cast<size_t>(dim);
  for (size_t flat = 0; flat < count; ++flat) {
    body(flat, index);
    for (size_t d = dims.size(); d-- > 0;) {
      if (++index[d] < static_cast<size_t>(dims[d])) break;
      index[d] = 0;
    }
  }
}
// Row-major steps of each dimension, and where an index with these steps lies.
std::vector<size_t> StepsOf(const std::vector<int32_t>& dims);
size_t OffsetOf(const std::vector<size_t>& index, const std::vector<size_t>& steps);

float Activate(Activation activation, float x);

FloatRun MakeFloatConv(const FloatNodeView& view);
FloatRun MakeFloatDepthwise(const FloatNodeView& view);
FloatRun MakeFloatFullyConnected(const FloatNodeView& view);
FloatRun MakeFloatPool(const FloatNodeView& view);
FloatRun MakeFloatAdd(const FloatNodeView& view);
FloatRun MakeFloatPair(const FloatNodeView& view);  // mul, sub, prelu, maximum, minimum
FloatRun MakeFloatUnary(const FloatNodeView& view);
FloatRun MakeFloatConcat(const FloatNodeView& view);
FloatRun MakeFloatTake(const FloatNodeView& view);  // slice, mirror_pad, gather, resize_nearest
FloatRun MakeFloatBilinear(const FloatNodeView& view);
FloatRun MakeFloatMean(const FloatNodeView& view);
FloatRun MakeFloatSoftmax(const FloatNodeView& view);
FloatRun MakeFloatReshape(const FloatNodeView& view);
FloatRun MakeFloatPad(const FloatNodeView& view);
FloatRun MakeFloatRelu(const FloatNodeView& view);
FloatRun MakeFloatTranspose(const FloatNodeView& view);

}  // namespace covey::compiler
