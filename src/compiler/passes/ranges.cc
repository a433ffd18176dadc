#include "compiler/passes/ranges.hpp"

#include <algorithm>
#include <limits>

#include "compiler/passes/uses.hpp"
#include "kernels/fixed_point.hpp"

namespace covey::compiler {
namespace {

using kernels::Clamp;
using kernels::MultiplyByQuantized;

// Bounds of a sum, before it is requantised.
struct Bounds {
  int64_t lo = 0, hi = 0;
  void AddTerm(int32_t weight, Range x, int32_t offset) {
    const int64_t a = int64_t{weight} * (x.lo + offset);
    const int64_t b = int64_t{weight} * (x.hi + offset);
    lo += std::min(a, b);
    hi += std::max(a, b);
  }
};

// How sums become int8: a multiplier, a zero point, a range.
struct Output {
  int32_t multiplier, shift, offset, least, most;

  int32_t operator()(int64_t sum) const {
    const int32_t scaled = MultiplyByQuantized(static_cast<int32_t>(sum), multiplier, shift);
    return Clamp(scaled, least - offset, most - offset) + offset;
  }
  Range operator()(Bounds sum) const {
    const int64_t most_sum = std::numeric_limits<int32_t>::max() >> std::max(shift, 0);
    if (sum.lo < -most_sum || sum.hi > most_sum) return {least, most};  // it could wrap
    return {(*this)(sum.lo), (*this)(sum.hi)};
  }
};

Range Join(Range a, int32_t value) { return {std::min(a.lo, value), std::max(a.hi, value)}; }

class Analysis {
 public:
  Analysis(const Graph& graph, const LoweredNodes& lowered)
      : graph_(graph), lowered_(lowered), ranges_(graph.tensors.size()) {}

  std::vector<Ranges> Run() {
    for (int input : graph_.inputs) SetAnything(input);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      for (int input : node.inputs) {
        if (input != kNoTensor && TensorOf(graph_, input).constant()) SetAnything(input);
      }
      for (int output : node.outputs) {
        if (output != kNoTensor) SetAnything(output);
      }
      if (lowered_[i]) Visit(node, *lowered_[i]);
    }
    return std::move(ranges_);
  }

 private:
  static bool Known(const Tensor& tensor) {
    return tensor.dtype == DType::kInt8 && !tensor.dims.empty();
  }
  void SetAnything(int tensor) {
    const Tensor& t = TensorOf(graph_, tensor);
    if (Known(t)) Of(tensor).assign(static_cast<size_t>(t.dims.back()), Range{});
  }
  Ranges& Of(int tensor) { return ranges_[static_cast<size_t>(tensor)]; }

  void Visit(const Node& node, const Lowered& lowered) {
    const Ranges& in = Of(node.inputs[0]);
    Ranges& out = Of(node.outputs[0]);
    if (in.empty() || out.empty()) return;
    switch (node.op) {
      case Op::kConv2D:
        return Conv(node, lowered, in, out);
      case Op::kDepthwiseConv2D:
        return Depthwise(node, lowered, in, out);
      case Op::kFullyConnected:
        return FullyConnected(node, lowered, in, out);
      case Op::kAdd:
        return Add(node, lowered, out);
      case Op::kAveragePool2D:
      case Op::kMaxPool2D:
        return Pool(lowered, in, out);
      case Op::kMean:
        return Mean(node, lowered, in, out);
      case Op::kRelu:
      case Op::kQuantize:
        return Requantise(node, lowered, in, out);
      case Op::kReshape:
        return Reshape(in, out);
      case Op::kPad:
        return Pad(node, lowered, in, out);
      default:
        return;  // anything
    }
  }

  Output OutputOf(const Lowered& lowered, const ConvAttr& attr, size_t c) const {
    const size_t channels = lowered.params.size() / 2;
    return {lowered.params[c], lowered.params[channels + c], attr.output_offset,
            attr.activation_min, attr.activation_max};
  }

  // in (N,H,W,C)  filter (O,KH,KW,C / groups)
  void Conv(const Node& node, const Lowered& lowered, const Ranges& in, Ranges& out) const {
    const auto attr = lowered.As<ConvAttr>();
    const Tensor& weights = TensorOf(graph_, node.inputs[1]);
    const auto depth = static_cast<size_t>(weights.dims[3]);
    const size_t filter = weights.data->size() / out.size();
    const size_t group_outputs = out.size() / static_cast<size_t>(attr.groups);
    const Ranges seen = Seen(node, lowered, in);
    for (size_t c = 0; c < out.size(); ++c) {
      const Range* x = &seen[c / group_outputs * depth];
      Bounds sum;
      for (size_t i = 0; i < filter; ++i) {
        sum.AddTerm(WeightAt(weights, c * filter + i, 0), x[i % depth], attr.input_offset);
      }
      Finish(node, lowered, attr, c, sum, out);
    }
  }

  // filter (1,KH,KW,C * depth_multiplier)
  void Depthwise(const Node& node, const Lowered& lowered, const Ranges& in, Ranges& out) const {
    const auto attr = lowered.As<ConvAttr>();
    const Tensor& weights = TensorOf(graph_, node.inputs[1]);
    const Ranges seen = Seen(node, lowered, in);
    for (size_t c = 0; c < out.size(); ++c) {
      const Range x = seen[c / static_cast<size_t>(attr.depth_multiplier)];
      Bounds sum;
      for (size_t i = c; i < weights.data->size(); i += out.size()) {
        sum.AddTerm(WeightAt(weights, i, 0), x, attr.input_offset);
      }
      Finish(node, lowered, attr, c, sum, out);
    }
  }

  // filter (O,I); input i of a row is channel i % C where rows are whole pixels.
  void FullyConnected(const Node& node, const Lowered& lowered, const Ranges& in,
                      Ranges& out) const {
    const auto attr = lowered.As<ConvAttr>();
    const Tensor& weights = TensorOf(graph_, node.inputs[1]);
    const auto depth = static_cast<size_t>(weights.dims[1]);
    const bool whole = depth % in.size() == 0;
    for (size_t c = 0; c < out.size(); ++c) {
      Bounds sum;
      for (size_t i = 0; i < depth; ++i) {
        sum.AddTerm(WeightAt(weights, c * depth + i, attr.weights_offset),
                    whole ? in[i % in.size()] : Range{}, attr.input_offset);
      }
      Finish(node, lowered, attr, c, sum, out);
    }
  }

  // What a window may see of each input channel: at an edge its zero point too.
  Ranges Seen(const Node& node, const Lowered& lowered, const Ranges& in) const {
    Ranges seen = in;
    if (!MeetsEdge(graph_, node, lowered)) return seen;
    for (Range& range : seen) range = Join(range, -lowered.As<ConvAttr>().input_offset);
    return seen;
  }
  void Finish(const Node& node, const Lowered& lowered, const ConvAttr& attr, size_t c, Bounds sum,
              Ranges& out) const {
    const int32_t bias = BiasAt(graph_, node, c);
    out[c] = OutputOf(lowered, attr, c)(Bounds{sum.lo + bias, sum.hi + bias});
  }

  void Add(const Node& node, const Lowered& lowered, Ranges& out) {
    const Ranges& a = Of(node.inputs[0]);
    const Ranges& b = Of(node.inputs[1]);
    if (a.size() != out.size() || b.size() != out.size()) return;
    const auto attr = lowered.As<AddAttr>();
    const auto sum = [&attr](int32_t x, int32_t y) {
      const int32_t left = MultiplyByQuantized((x + attr.input0_offset) * (1 << attr.left_shift),
                                               attr.input0_multiplier, attr.input0_shift);
      const int32_t right = MultiplyByQuantized((y + attr.input1_offset) * (1 << attr.left_shift),
                                                attr.input1_multiplier, attr.input1_shift);
      return int64_t{left} + right;
    };
    const Output output{attr.output_multiplier, attr.output_shift, attr.output_offset,
                        attr.activation_min, attr.activation_max};
    for (size_t c = 0; c < out.size(); ++c) {
      out[c] = output(Bounds{sum(a[c].lo, b[c].lo), sum(a[c].hi, b[c].hi)});
    }
  }

  // A mean or a maximum lies between the bounds of what it is taken of.
  static void Pool(const Lowered& lowered, const Ranges& in, Ranges& out) {
    const auto attr = lowered.As<PoolAttr>();
    for (size_t c = 0; c < out.size(); ++c) {
      out[c] = {Clamp(in[c].lo, attr.activation_min, attr.activation_max),
                Clamp(in[c].hi, attr.activation_min, attr.activation_max)};
    }
  }

  void Mean(const Node& node, const Lowered& lowered, const Ranges& in, Ranges& out) const {
    const auto attr = lowered.As<MeanAttr>();
    const Tensor& from = TensorOf(graph_, node.inputs[0]);
    if ((attr.axes >> (from.dims.size() - 1) & 1) != 0 || in.size() != out.size()) return;
    const int64_t count = from.elements() / TensorOf(graph_, node.outputs[0]).elements();
    const Output output{attr.multiplier, attr.shift, attr.output_offset, -128, 127};
    for (size_t c = 0; c < out.size(); ++c) {
      out[c] = output(Bounds{count * (in[c].lo - attr.input_zero_point),
                             count * (in[c].hi - attr.input_zero_point)});
    }
  }

  void Requantise(const Node& node, const Lowered& lowered, const Ranges& in, Ranges& out) const {
    if (TensorOf(graph_, node.inputs[0]).dims != TensorOf(graph_, node.outputs[0]).dims) return;
    const auto attr = lowered.As<RequantizeAttr>();
    const Output output{attr.multiplier, attr.shift, attr.output_offset, attr.activation_min,
                        attr.activation_max};
    for (size_t c = 0; c < out.size(); ++c) {
      out[c] = output(Bounds{in[c].lo + attr.input_offset, in[c].hi + attr.input_offset});
    }
  }

  // Whole pixels in a row: index j of the output is channel j % C.
  static void Reshape(const Ranges& in, Ranges& out) {
    if (out.size() % in.size() != 0) return;
    for (size_t j = 0; j < out.size(); ++j) out[j] = in[j % in.size()];
  }

  void Pad(const Node& node, const Lowered& lowered, const Ranges& in, Ranges& out) const {
    const auto& pads = std::get<Pads>(node.attributes);
    if (pads.before.back() != 0 || pads.after.back() != 0) return;
    const auto value = static_cast<int8_t>(lowered.As<PadAttr>().value);
    for (size_t c = 0; c < out.size(); ++c) out[c] = Join(in[c], value);
  }

  const Graph& graph_;
  const LoweredNodes& lowered_;
  std::vector<Ranges> ranges_;
};

bool Reaches(int64_t input, int64_t output, int64_t taps, int64_t stride, int64_t dilation,
             int64_t before) {
  return before > 0 || (output - 1) * stride - before + (taps - 1) * dilation >= input;
}

}  // namespace

std::vector<Ranges> RangesOf(const Graph& graph, const LoweredNodes& lowered) {
  return Analysis(graph, lowered).Run();
}

bool MeetsEdge(const Graph& graph, const Node& node, const Lowered& lowered) {
  const auto attr = lowered.As<ConvAttr>();
  const std::vector<int32_t>& in = TensorOf(graph, node.inputs[0]).dims;
  const std::vector<int32_t>& filter = TensorOf(graph, node.inputs[1]).dims;
  const std::vector<int32_t>& out = TensorOf(graph, node.outputs[0]).dims;
  return Reaches(in[1], out[1], filter[1], attr.stride_h, attr.dilation_h, attr.pad_top) ||
         Reaches(in[2], out[2], filter[2], attr.stride_w, attr.dilation_w, attr.pad_left);
}

int32_t BiasAt(const Graph& graph, const Node& node, size_t channel) {
  if (node.inputs.size() < 3 || node.inputs[2] == kNoTensor) return 0;
  int32_t value = 0;
  std::memcpy(&value, TensorOf(graph, node.inputs[2]).data->data() + channel * sizeof(value),
              sizeof(value));
  return value;
}

}  // namespace covey::compiler
