// NodeView is one node with its tensors at hand, and the checks that every op shares; each refusal
// names the op, the tensor, what was found and what the engine takes.
#pragma once

#include <bit>
#include <string>
#include <utility>

#include "compiler/ir/graph.hpp"
#include "compiler/lower/lower.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

class NodeView {
 public:
  NodeView(const Graph& graph, const Node& node, Diag& diag)
      : graph_(graph), node_(node), diag_(diag) {}

  const Node& node() const { return node_; }
  size_t inputs() const { return node_.inputs.size(); }
  bool has(size_t i) const { return i < node_.inputs.size() && node_.inputs[i] != kNoTensor; }
  const Tensor& in(size_t i) const { return At(node_.inputs[i]); }
  const Tensor& out(size_t i = 0) const { return At(node_.outputs[i]); }

  // Of inputs; and one output, but for what works in a second one.
  Status Counts(size_t at_least, size_t at_most, size_t outputs = 1) const;
  Status Type(const Tensor& tensor, DType dtype) const;
  Status Int8(const Tensor& tensor) const;  // int8 with one scale
  Status Uint8(const Tensor& tensor) const;
  // What most ops take: int8, or int16 around zero, with one scale.
  Status Quantised(const Tensor& tensor) const;
  // Both are that, and of the same type.
  Status SameQuantised(const Tensor& a, const Tensor& b) const;
  // Both are that, or both are float32.
  Status SameNumbers(const Tensor& a, const Tensor& b) const;
  bool Floats() const { return out().dtype == DType::kFloat32; }
  Status Rank(const Tensor& tensor, size_t rank) const;
  Status Constant(const Tensor& tensor) const;
  Status SameElements(const Tensor& a, const Tensor& b) const;
  Status Broadcasts(const Tensor& from, const Tensor& to) const;
  // Bytes move as they are: the same type and, where there is one, the same quantisation.
  Status SameQuant(const Tensor& a, const Tensor& b) const;

  Status Unsupported(const std::string& problem) const;
  Status Bad(const std::string& problem) const;

 private:
  Status OneScale(const Tensor& tensor, int32_t least_zero, int32_t most_zero) const;
  const Tensor& At(int tensor) const { return graph_.tensors[static_cast<size_t>(tensor)]; }

  const Graph& graph_;
  const Node& node_;
  Diag& diag_;
};

// The range of values that an activation leaves in an int8 or int16 output with one scale; for
// float32 the ends' bits.
struct ActivationRange {
  int32_t min = -128, max = 127;
};
ActivationRange RangeOf(Activation activation, const Tensor& output);

inline float ScaleOf(const Tensor& tensor) { return tensor.quant.scales[0]; }
// 0 where nothing is quantised.
inline int32_t ZeroOf(const Tensor& tensor) {
  return tensor.quant.empty() ? 0 : tensor.quant.zero_points[0];
}
inline int32_t BitsOf(float value) { return std::bit_cast<int32_t>(value); }

// One function a family of ops; lower.cc holds the list.
Status LowerConv(const NodeView& view, Lowered& op);  // and depthwise
Status LowerFullyConnected(const NodeView& view, Lowered& op);
Status LowerPool(const NodeView& view, Lowered& op);
Status LowerAdd(const NodeView& view, Lowered& op);
Status LowerSquaredDifference(const NodeView& view, Lowered& op);
Status LowerDiv(const NodeView& view, Lowered& op);
Status LowerMean(const NodeView& view, Lowered& op);
Status LowerSoftmax(const NodeView& view, Lowered& op);
Status LowerReshape(const NodeView& view, Lowered& op);
Status LowerPad(const NodeView& view, Lowered& op);
Status LowerQuantize(const NodeView& view, Lowered& op);
Status LowerDequantize(const NodeView& view, Lowered& op);
Status LowerRelu(const NodeView& view, Lowered& op);
Status LowerTranspose(const NodeView& view, Lowered& op);
Status LowerUnary(const NodeView& view, Lowered& op);
// Of int16 or float32: lower/wide_unary.cc.
Status LowerWideUnary(const NodeView& view, const Unary& unary, Lowered& op);
Status LowerMul(const NodeView& view, Lowered& op);
Status LowerPrelu(const NodeView& view, Lowered& op);
Status LowerMaxMin(const NodeView& view, Lowered& op);
Status LowerConcat(const NodeView& view, Lowered& op);
Status LowerSlice(const NodeView& view, Lowered& op);
Status LowerMirrorPad(const NodeView& view, Lowered& op);
Status LowerGather(const NodeView& view, Lowered& op);
Status LowerResize(const NodeView& view, Lowered& op);
Status LowerTransposeConv(const NodeView& view, Lowered& op);
Status LowerBatchMatMul(const NodeView& view, Lowered& op);
Status LowerArgMinMax(const NodeView& view, Lowered& op);
Status LowerSvdf(const NodeView& view, Lowered& op);
Status LowerLstm(const NodeView& view, Lowered& op);
Status LowerResample(const NodeView& view, Lowered& op);
Status LowerFft(const NodeView& view, Lowered& op);
Status LowerMfcc(const NodeView& view, Lowered& op);
Status LowerJpeg(const NodeView& view, Lowered& op);
Status LowerExit(const NodeView& view, Lowered& op);
Status LowerSelect(const NodeView& view, Lowered& op);

}  // namespace covey::compiler
