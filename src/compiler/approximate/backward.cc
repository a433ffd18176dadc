#include "compiler/approximate/backward.hpp"

#include <algorithm>
#include <cmath>

#include "compiler/passes/uses.hpp"

namespace covey::compiler {
namespace {

using Slopes = std::vector<std::vector<float>>;

double ScaleOf(const Graph& graph, int tensor) {
  return double{TensorOf(graph, tensor).quant.scales[0]};
}
bool Int8(const Graph& graph, int tensor) {
  const Tensor& t = TensorOf(graph, tensor);
  return t.dtype == DType::kInt8 && t.quant.scales.size() == 1;
}
bool Int8Activation(const Graph& graph, int tensor) {
  return Int8(graph, tensor) && !TensorOf(graph, tensor).constant();
}
int At(const Batch<std::byte>& batch, int tensor, size_t i) {
  return static_cast<int8_t>(batch.values[static_cast<size_t>(tensor)][i]);
}

struct Way {  // from an output back to an input
  const std::vector<float>& out;
  std::vector<float>& in;
};

void Depthwise(const Graph& graph, const Node& node, const Lowered& lowered,
               const Batch<std::byte>& batch, Way way) {
  const ConvAttr attr = lowered.As<ConvAttr>();
  const Tensor& weights = TensorOf(graph, node.inputs[1]);
  const auto &in = TensorOf(graph, node.inputs[0]).dims,
             &out = TensorOf(graph, node.outputs[0]).dims;
  const auto* const w = reinterpret_cast<const int8_t*>(weights.data->data());
  const int32_t channels = out[3], window_h = weights.dims[1], window_w = weights.dims[2];
  std::vector<float> step(static_cast<size_t>(channels));
  for (size_t c = 0; c < step.size(); ++c)
    step[c] = static_cast<float>(
        std::ldexp(static_cast<double>(lowered.params[c]), lowered.params[step.size() + c] - 31));
  size_t at = 0;
  for (int32_t y = 0; y < out[1]; ++y)
    for (int32_t x = 0; x < out[2]; ++x)
      for (int32_t c = 0; c < channels; ++c, ++at) {
        const int value = At(batch, node.outputs[0], at);
        if (value <= attr.activation_min || value >= attr.activation_max) continue;
        const float g = way.out[at] * step[static_cast<size_t>(c)];
        for (int32_t ky = 0; ky < window_h; ++ky)
          for (int32_t kx = 0; kx < window_w; ++kx) {
            const int32_t row = y * attr.stride_h - attr.pad_top + ky * attr.dilation_h;
            const int32_t column = x * attr.stride_w - attr.pad_left + kx * attr.dilation_w;
            if (row < 0 || row >= in[1] || column < 0 || column >= in[2]) continue;
            const int32_t from = (row * in[2] + column) * in[3] + c / attr.depth_multiplier;
            way.in[static_cast<size_t>(from)] +=
                g * static_cast<float>(w[(ky * window_w + kx) * channels + c]);
          }
      }
}

// Windows of pools: body(output place, input place) for all that are inside.
template <typename Body>
void Pooled(const PoolAttr& attr, const std::vector<int32_t>& in, const std::vector<int32_t>& out,
            const Body& body) {
  size_t at = 0;
  for (int32_t y = 0; y < out[1]; ++y)
    for (int32_t x = 0; x < out[2]; ++x)
      for (int32_t c = 0; c < out[3]; ++c, ++at)
        for (int32_t ky = 0; ky < attr.window_h; ++ky)
          for (int32_t kx = 0; kx < attr.window_w; ++kx) {
            const int32_t row = y * attr.stride_h - attr.pad_top + ky;
            const int32_t column = x * attr.stride_w - attr.pad_left + kx;
            if (row < 0 || row >= in[1] || column < 0 || column >= in[2]) continue;
            body(at, static_cast<size_t>((row * in[2] + column) * in[3] + c));
          }
}

void MaxPool(const Graph& graph, const Node& node, const Lowered& lowered,
             const Batch<std::byte>& batch, Way way) {
  std::vector<bool> found(way.out.size(), false);  // the first of several takes it
  Pooled(lowered.As<PoolAttr>(), TensorOf(graph, node.inputs[0]).dims,
         TensorOf(graph, node.outputs[0]).dims, [&](size_t to, size_t from) {
           if (found[to] || At(batch, node.inputs[0], from) != At(batch, node.outputs[0], to))
             return;
           found[to] = true;
           way.in[from] += way.out[to];
         });
}

void AveragePool(const Graph& graph, const Node& node, const Lowered& lowered, Way way) {
  const PoolAttr attr = lowered.As<PoolAttr>();
  const auto &in = TensorOf(graph, node.inputs[0]).dims,
             &out = TensorOf(graph, node.outputs[0]).dims;
  std::vector<float> count(way.out.size(), 0.0F);
  Pooled(attr, in, out, [&](size_t to, size_t) { ++count[to]; });
  Pooled(attr, in, out, [&](size_t to, size_t from) { way.in[from] += way.out[to] / count[to]; });
}

// The place in a smaller tensor that broadcasts, or the rest of a mean: dimensions of 1 count once.
size_t Shrunk(size_t at, const std::vector<int32_t>& dims, const std::vector<int32_t>& small) {
  size_t place = 0, stride = 1;
  for (size_t d = dims.size(); d-- > 0;) {
    const auto size = static_cast<size_t>(dims[d]);
    const size_t back = dims.size() - d;
    const auto narrow = back <= small.size() ? static_cast<size_t>(small[small.size() - back]) : 1;
    if (narrow != 1) place += at % size * stride;
    stride *= narrow;
    at /= size;
  }
  return place;
}

void Mean(const Graph& graph, const Node& node, const Lowered& lowered, Way way) {
  const MeanAttr attr = lowered.As<MeanAttr>();
  const std::vector<int32_t>& in = TensorOf(graph, node.inputs[0]).dims;
  std::vector<int32_t> kept = in;
  for (size_t d = 0; d < kept.size(); ++d)
    if ((attr.axes >> d & 1) != 0) kept[d] = 1;
  const double each = ScaleOf(graph, node.inputs[0]) / ScaleOf(graph, node.outputs[0]) /
                      (static_cast<double>(way.in.size()) / static_cast<double>(way.out.size()));
  for (size_t i = 0; i < way.in.size(); ++i)
    way.in[i] += way.out[Shrunk(i, in, kept)] * static_cast<float>(each);
}

void Pad(const Graph& graph, const Node& node, const Lowered& lowered, Way way) {
  const PadAttr attr = lowered.As<PadAttr>();
  const auto &in = TensorOf(graph, node.inputs[0]).dims,
             &out = TensorOf(graph, node.outputs[0]).dims;
  for (size_t i = 0; i < way.in.size(); ++i) {
    size_t rest = i, place = 0, stride = 1;
    for (size_t d = in.size(); d-- > 0; stride *= static_cast<size_t>(out[d])) {
      place += (rest % static_cast<size_t>(in[d]) + static_cast<size_t>(attr.before[d])) * stride;
      rest /= static_cast<size_t>(in[d]);
    }
    way.in[i] += way.out[place];
  }
}

void Transpose(const Graph& graph, const Node& node, const Lowered& lowered, Way way) {
  const TransposeAttr attr = lowered.As<TransposeAttr>();
  const auto &in = TensorOf(graph, node.inputs[0]).dims,
             &out = TensorOf(graph, node.outputs[0]).dims;
  std::vector<size_t> stride(in.size(), 1);
  for (size_t d = in.size() - 1; d-- > 0;)
    stride[d] = stride[d + 1] * static_cast<size_t>(in[d + 1]);
  for (size_t i = 0; i < way.out.size(); ++i) {
    size_t rest = i, place = 0;
    for (size_t d = out.size(); d-- > 0;) {
      const auto size = static_cast<size_t>(out[d]);
      place += rest % size * stride[static_cast<size_t>(attr.perm[d])];
      rest /= size;
    }
    way.in[place] += way.out[i];
  }
}

void Table(const Node& node, const Lowered& lowered, const Batch<std::byte>& batch, Way way) {
  const auto entry = [&](int q) {
    const auto at = static_cast<uint32_t>(std::clamp(q, -128, 127)) & 255U;
    return static_cast<int8_t>(static_cast<uint32_t>(lowered.params[at / 4]) >> at % 4 * 8);
  };
  for (size_t i = 0; i < way.in.size(); ++i) {
    const int q = At(batch, node.inputs[0], i);
    way.in[i] += way.out[i] * static_cast<float>(entry(q + 2) - entry(q - 2)) / 4;
  }
}

// add and mul, either input of which may broadcast. slope(a, b): of the output in input k.
template <typename Slope>
void Two(const Graph& graph, const Node& node, const Batch<std::byte>& batch, Slopes& slopes,
         int32_t least, int32_t most, const Slope& slope) {
  const std::vector<float>& g = slopes[static_cast<size_t>(node.outputs[0])];
  const std::vector<int32_t>& out = TensorOf(graph, node.outputs[0]).dims;
  for (size_t k = 0; k < 2; ++k) {
    const int tensor = node.inputs[k], other = node.inputs[1 - k];
    std::vector<float>& to = slopes[static_cast<size_t>(tensor)];
    if (to.empty()) continue;
    const auto &dims = TensorOf(graph, tensor).dims, &beside = TensorOf(graph, other).dims;
    const Tensor& fixed = TensorOf(graph, other);
    for (size_t i = 0; i < g.size(); ++i) {
      const int value = At(batch, node.outputs[0], i);
      if (value <= least || value >= most) continue;
      const size_t at = Shrunk(i, out, beside);
      const int q =
          fixed.constant() ? static_cast<int8_t>((*fixed.data)[at]) : At(batch, other, at);
      to[Shrunk(i, out, dims)] += g[i] * slope(k, q);
    }
  }
}

}  // namespace

bool HasBackward(const Graph& graph, const Node& node, const Lowered& lowered) {
  if (node.outputs.size() != 1 || !Int8Activation(graph, node.outputs[0])) return false;
  const Tensor& in = TensorOf(graph, node.inputs[0]);
  switch (node.op) {
    case Op::kDepthwiseConv2D:
    case Op::kMaxPool2D:
    case Op::kAveragePool2D:
      return Int8Activation(graph, node.inputs[0]) && in.dims[0] == 1;
    case Op::kMean:
      return Int8Activation(graph, node.inputs[0]) && lowered.As<MeanAttr>().sum == 0;
    case Op::kReshape:
    case Op::kTranspose:
    case Op::kPad:
    case Op::kUnary:
    case Op::kRelu:
    case Op::kQuantize:
      return Int8Activation(graph, node.inputs[0]);
    case Op::kAdd:
    case Op::kMul:
      return Int8(graph, node.inputs[0]) && Int8(graph, node.inputs[1]);
    default:
      return false;
  }
}

void Backward(const Graph& graph, const Node& node, const Lowered& lowered,
              const Batch<std::byte>& batch, Slopes& slopes) {
  const double out_scale = ScaleOf(graph, node.outputs[0]);
  if (node.op == Op::kAdd) {
    const AddAttr attr = lowered.As<AddAttr>();
    Two(graph, node, batch, slopes, attr.activation_min, attr.activation_max, [&](size_t k, int) {
      return static_cast<float>(ScaleOf(graph, node.inputs[k]) / out_scale);
    });
    return;
  }
  if (node.op == Op::kMul) {
    const MulAttr attr = lowered.As<MulAttr>();
    const double scale =
        ScaleOf(graph, node.inputs[0]) * ScaleOf(graph, node.inputs[1]) / out_scale;
    Two(graph, node, batch, slopes, attr.activation_min, attr.activation_max, [&](size_t k, int q) {
      return static_cast<float>(scale * (q + (k == 0 ? attr.input1_offset : attr.input0_offset)));
    });
    return;
  }
  std::vector<float>& to = slopes[static_cast<size_t>(node.inputs[0])];
  if (to.empty()) return;
  const Way way{slopes[static_cast<size_t>(node.outputs[0])], to};
  switch (node.op) {
    case Op::kDepthwiseConv2D:
      return Depthwise(graph, node, lowered, batch, way);
    case Op::kMaxPool2D:
      return MaxPool(graph, node, lowered, batch, way);
    case Op::kAveragePool2D:
      return AveragePool(graph, node, lowered, way);
    case Op::kMean:
      return Mean(graph, node, lowered, way);
    case Op::kTranspose:
      return Transpose(graph, node, lowered, way);
    case Op::kPad:
      return Pad(graph, node, lowered, way);
    case Op::kUnary:
      return Table(node, lowered, batch, way);
    case Op::kRelu:
    case Op::kQuantize: {
      const RequantizeAttr attr = lowered.As<RequantizeAttr>();
      const auto each = static_cast<float>(ScaleOf(graph, node.inputs[0]) / out_scale);
      for (size_t i = 0; i < way.in.size(); ++i) {
        const int value = At(batch, node.outputs[0], i);
        if (value > attr.activation_min && value < attr.activation_max)
          way.in[i] += way.out[i] * each;
      }
      return;
    }
    default:  // reshape
      for (size_t i = 0; i < way.in.size(); ++i) way.in[i] += way.out[i];
  }
}

}  // namespace covey::compiler
