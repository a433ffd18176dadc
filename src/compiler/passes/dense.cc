// A convolution whose only window is the whole picture is a fully connected layer: its weights
// stand in the same order, and kernels for it neither gather windows nor widen weights.
//
// Exact: both scale by input * weights[c] / output in double precision, as long as the weights are
// scaled channel by channel (lower/lower.hpp).
#include "compiler/ir/check.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"

namespace covey::compiler {
namespace {

bool SeesAll(const Graph& graph, const Node& node) {
  const auto* window = std::get_if<Window>(&node.attributes);
  if (node.op != Op::kConv2D || window == nullptr || window->groups != 1 ||
      node.inputs.size() < 2 || node.outputs.size() != 1)
    return false;
  const Tensor& in = TensorOf(graph, node.inputs[0]);
  const Tensor& weights = TensorOf(graph, node.inputs[1]);
  const Tensor& out = TensorOf(graph, node.outputs[0]);
  if (in.dtype != DType::kInt8 || out.dtype != DType::kInt8 || !weights.constant()) return false;
  if (in.dims.size() != 4 || weights.dims.size() != 4 || out.dims.size() != 4) return false;
  if (weights.dtype != DType::kInt8 || weights.dims[0] != out.dims[3] || weights.dims[0] < 2)
    return false;
  for (const size_t axis : {1, 2})
    if (in.dims[axis] != weights.dims[axis] || out.dims[axis] != 1) return false;
  // With one output, "same" pads nothing before the picture.
  const bool padded =
      window->padding == Padding::kExplicit && (window->pad_top != 0 || window->pad_left != 0);
  const bool dilated = window->dilation_h != 1 || window->dilation_w != 1;
  const bool pixel = in.dims[1] == 1 && in.dims[2] == 1;
  return in.dims[3] == weights.dims[3] && in.dims[0] == out.dims[0] && !padded &&
         (!dilated || pixel);
}

// The weights as (O, I), with a scale for each output.
int RowsOf(Graph& graph, int weights) {
  Tensor rows = TensorOf(graph, weights);
  const int32_t outputs = rows.dims[0];
  rows.dims = {outputs, static_cast<int32_t>(rows.elements() / outputs)};
  Quant& quant = rows.quant;
  if (quant.scales.size() == 1) quant.scales.assign(static_cast<size_t>(outputs), quant.scales[0]);
  quant.zero_points.assign(quant.scales.size(), 0);
  quant.axis = 0;
  return AddTensor(graph, std::move(rows));
}

bool Symmetric(const Tensor& weights) {
  for (const int32_t zero_point : weights.quant.zero_points)
    if (zero_point != 0) return false;
  return !weights.quant.empty() && (weights.quant.scales.size() == 1 || weights.quant.axis == 0);
}

}  // namespace

Status MakeDense(Graph& graph, Diag&) {
  for (Node& node : graph.nodes) {
    if (!SeesAll(graph, node) || !Symmetric(TensorOf(graph, node.inputs[1]))) continue;
    node.op = Op::kFullyConnected;
    node.inputs[1] = RowsOf(graph, node.inputs[1]);
    node.attributes = {};
  }
  return OkStatus();
}

}  // namespace covey::compiler
