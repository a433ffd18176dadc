#include "compiler/lower/lower.hpp"

#include "compiler/ir/check.hpp"
#include "compiler/lower/view.hpp"

namespace covey::compiler {
namespace {

struct Row {
  Op op;
  Status (*lower)(const NodeView& view, Lowered& op);
};
constexpr Row kRows[] = {
    {Op::kConv2D, LowerConv},
    {Op::kDepthwiseConv2D, LowerConv},
    {Op::kFullyConnected, LowerFullyConnected},
    {Op::kAdd, LowerAdd},
    {Op::kAveragePool2D, LowerPool},
    {Op::kMaxPool2D, LowerPool},
    {Op::kMean, LowerMean},
    {Op::kSoftmax, LowerSoftmax},
    {Op::kReshape, LowerReshape},
    {Op::kPad, LowerPad},
    {Op::kQuantize, LowerQuantize},
    {Op::kDequantize, LowerDequantize},
    {Op::kRelu, LowerRelu},
    {Op::kTranspose, LowerTranspose},
    {Op::kUnary, LowerUnary},
    {Op::kMul, LowerMul},
    {Op::kSub, LowerAdd},
    {Op::kPrelu, LowerPrelu},
    {Op::kMaximum, LowerMaxMin},
    {Op::kMinimum, LowerMaxMin},
    {Op::kConcat, LowerConcat},
    {Op::kSlice, LowerSlice},
    {Op::kMirrorPad, LowerMirrorPad},
    {Op::kGather, LowerGather},
    {Op::kResizeNearest, LowerResize},
    {Op::kResizeBilinear, LowerResize},
    {Op::kSquaredDifference, LowerSquaredDifference},
    {Op::kDiv, LowerDiv},
    {Op::kTransposeConv, LowerTransposeConv},
    {Op::kBatchMatMul, LowerBatchMatMul},
    {Op::kArgMax, LowerArgMinMax},
    {Op::kArgMin, LowerArgMinMax},
    {Op::kSvdf, LowerSvdf},
    {Op::kLstm, LowerLstm},
    {Op::kResample, LowerResample},
    {Op::kFft, LowerFft},
    {Op::kMfcc, LowerMfcc},
    {Op::kJpeg, LowerJpeg},
    {Op::kExit, LowerExit},
    {Op::kSelect, LowerSelect},
};

std::string Supported() {
  std::string names;
  for (const Row& row : kRows) names += std::string(names.empty() ? "" : " ") + OpName(row.op);
  return names;
}

Status CheckShapes(const NodeView& view) {
  for (size_t i = 0; i < view.inputs(); ++i) {
    if (!view.has(i)) continue;
    if (view.in(i).elements() < 1) return view.Bad(Describe(view.in(i)) + " is empty");
    if (view.in(i).dims.size() > kMaxRank) {
      return view.Unsupported(Describe(view.in(i)) + " has more than 6 dimensions");
    }
  }
  return OkStatus();
}

}  // namespace

Result<Lowered> Lower(const Graph& graph, const Node& node, Diag& diag) {
  const NodeView view(graph, node, diag);
  const Row* row = nullptr;
  for (const Row& candidate : kRows) {
    if (candidate.op == node.op) row = &candidate;
  }
  if (row == nullptr) {
    std::string at;
    if (!node.outputs.empty() && node.outputs[0] != kNoTensor) {
      at = " writing " + Describe(graph.tensors[static_cast<size_t>(node.outputs[0])]);
    }
    return view.Unsupported("op " + node.source_op + at +
                            " has no int8 or float form; supported are " + Supported());
  }
  COVEY_TRY(CheckShapes(view));
  Lowered op;
  COVEY_TRY(row->lower(view, op));
  if (view.out().elements() < 1 || view.out().dims.size() > kMaxRank) {
    return view.Bad(Describe(view.out()) + " is empty or has more than 6 dimensions");
  }
  op.inputs = node.inputs;
  while (!op.inputs.empty() && op.inputs.back() == kNoTensor) op.inputs.pop_back();
  if (node.op == Op::kReshape) op.inputs.erase(op.inputs.begin() + 1, op.inputs.end());
  op.outputs = node.outputs;
  return op;
}

}  // namespace covey::compiler
