// pad -> conv2d becomes a conv2d that pads itself: where the filling is the zero point it adds
// nothing to any sum, and nothing is what a tap outside the picture adds.
#include <algorithm>

#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"

namespace covey::compiler {
namespace {

struct Margins {
  int64_t before = 0, after = 0;
};

// What the convolution pads of its own, along one dimension of its input.
Margins Own(Padding padding, int64_t input, int64_t output, int64_t window, int64_t stride,
            int64_t dilation, Margins stated) {
  if (padding == Padding::kExplicit) return stated;
  if (padding == Padding::kValid) return {};
  const int64_t reach = (window - 1) * dilation + 1;
  const int64_t total = std::max<int64_t>(0, (output - 1) * stride + reach - input);
  return {total / 2, total - total / 2};
}

bool Fits(Margins margins) {
  constexpr int64_t kMost = 1 << 15;  // as lowering takes it
  return std::min(margins.before, margins.after) >= 0 &&
         std::max(margins.before, margins.after) <= kMost;
}

// Lowering refuses an output that is not the size that SAME gives; stated as margins it would fit.
bool Consistent(const Window& w, const std::vector<int32_t>& in, const std::vector<int32_t>& out) {
  if (w.padding != Padding::kSame) return true;
  return w.stride_h > 0 && w.stride_w > 0 &&
         out[1] == (int64_t{in[1]} + w.stride_h - 1) / w.stride_h &&
         out[2] == (int64_t{in[2]} + w.stride_w - 1) / w.stride_w;
}

// Rows and columns only, filled with the zero point of a tensor quantised as the input is.
bool IsMargin(const Graph& graph, const Node& node) {
  const auto* pads = std::get_if<Pads>(&node.attributes);
  if (node.op != Op::kPad || pads == nullptr || node.inputs.empty() ||
      node.inputs[0] == kNoTensor || node.outputs.size() != 1 || node.outputs[0] == kNoTensor) {
    return false;
  }
  const Tensor& in = TensorOf(graph, node.inputs[0]);
  const Tensor& out = TensorOf(graph, node.outputs[0]);
  if (in.dims.size() != 4 || out.dims.size() != 4 || pads->before.size() != 4 ||
      pads->after.size() != 4 || in.dtype != DType::kInt8 || out.dtype != DType::kInt8 ||
      in.quant.scales.size() != 1 || in.quant.scales != out.quant.scales ||
      in.quant.zero_points != out.quant.zero_points) {
    return false;
  }
  for (size_t i = 0; i < 4; ++i) {
    const bool picture = i == 1 || i == 2;
    if (pads->before[i] < 0 || pads->after[i] < 0) return false;
    if (!picture && (pads->before[i] != 0 || pads->after[i] != 0)) return false;
    if (int64_t{in.dims[i]} + pads->before[i] + pads->after[i] != out.dims[i]) return false;
  }
  return pads->has_value ? pads->value == out.quant.zero_points[0] : pads->real == 0;
}

// Pads by itself what `pad` padded; false, and nothing changed, if it cannot.
bool TakePads(const Graph& graph, const Node& pad, Node& conv, bool write) {
  auto* window = std::get_if<Window>(&conv.attributes);
  if ((conv.op != Op::kConv2D && conv.op != Op::kDepthwiseConv2D) || window == nullptr ||
      conv.outputs.size() != 1 || conv.outputs[0] == kNoTensor ||
      conv.inputs[0] != pad.outputs[0] ||
      std::count(conv.inputs.begin(), conv.inputs.end(), pad.outputs[0]) != 1) {
    return false;
  }
  const auto& pads = std::get<Pads>(pad.attributes);
  const std::vector<int32_t>& in = TensorOf(graph, pad.outputs[0]).dims;
  const std::vector<int32_t>& out = TensorOf(graph, conv.outputs[0]).dims;
  const Window& w = *window;
  if (out.size() != 4 || !Consistent(w, in, out)) return false;
  Margins rows = Own(w.padding, in[1], out[1], w.window_h, w.stride_h, w.dilation_h,
                     {w.pad_top, w.pad_bottom});
  Margins columns = Own(w.padding, in[2], out[2], w.window_w, w.stride_w, w.dilation_w,
                        {w.pad_left, w.pad_right});
  rows = {rows.before + pads.before[1], rows.after + pads.after[1]};
  columns = {columns.before + pads.before[2], columns.after + pads.after[2]};
  if (!Fits(rows) || !Fits(columns)) return false;
  if (!write) return true;
  window->padding = Padding::kExplicit;
  window->pad_top = static_cast<int32_t>(rows.before);
  window->pad_bottom = static_cast<int32_t>(rows.after);
  window->pad_left = static_cast<int32_t>(columns.before);
  window->pad_right = static_cast<int32_t>(columns.after);
  conv.inputs[0] = pad.inputs[0];
  return true;
}

}  // namespace

Status FusePads(Graph& graph, Diag& diag) {
  const Uses uses(graph);
  for (const Node& pad : graph.nodes) {
    if (!IsMargin(graph, pad) || uses.is_output(pad.outputs[0])) continue;
    const std::vector<int>& readers = uses.readers(pad.outputs[0]);
    const auto take = [&](bool write) {
      return std::all_of(readers.begin(), readers.end(), [&](int reader) {
        return TakePads(graph, pad, graph.nodes[static_cast<size_t>(reader)], write);
      });
    };
    if (take(false)) take(true);  // all or none: else the pad stays, and its input lives longer
  }
  return RemoveDead(graph, diag);
}

}  // namespace covey::compiler
