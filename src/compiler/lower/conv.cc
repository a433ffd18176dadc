// conv2d, depthwise_conv2d, fully_connected, pools: the ops with weights or a window.
#include <cmath>

#include "compiler/ir/check.hpp"
#include "compiler/lower/view.hpp"
#include "kernels/multiplier.hpp"

namespace covey::compiler {
namespace {

// One dimension of a sliding window: how many outputs, how much padding before.
struct Slide {
  int64_t outputs = 0;
  int64_t before = 0;
};

Slide SlideOf(Padding padding, int32_t input, int32_t window, int32_t stride, int32_t dilation,
              int32_t before, int32_t after) {
  const int64_t reach = int64_t{window - 1} * dilation + 1;
  if (padding == Padding::kSame) {
    const int64_t outputs = (int64_t{input} + stride - 1) / stride;
    const int64_t total = std::max<int64_t>(0, (outputs - 1) * stride + reach - input);
    return {outputs, total / 2};
  }
  if (padding == Padding::kValid) before = after = 0;
  const int64_t span = int64_t{input} + before + after - reach;
  return {span < 0 ? 0 : span / stride + 1, before};
}

Status CheckWindow(const NodeView& view, const Window& window) {
  constexpr int32_t kMost = 1 << 15;
  for (int32_t value : {window.window_h, window.window_w, window.stride_h, window.stride_w,
                        window.dilation_h, window.dilation_w}) {
    if (value < 1 || value > kMost) {
      return view.Bad("window, stride or dilation is " + std::to_string(value) +
                      ", expected 1 to 32768");
    }
  }
  for (int32_t pad : {window.pad_top, window.pad_left, window.pad_bottom, window.pad_right}) {
    if (pad < 0 || pad > kMost) {
      return view.Bad("padding is " + std::to_string(pad) + ", expected 0 to 32768");
    }
  }
  return OkStatus();
}

struct Slides {
  int32_t pad_top = 0, pad_left = 0;
};
// Checks (N,H,W) of the output against the window.
Result<Slides> SlideBoth(const NodeView& view, const Window& window) {
  COVEY_TRY(CheckWindow(view, window));
  const std::vector<int32_t>& in = view.in(0).dims;
  const std::vector<int32_t>& out = view.out().dims;
  const Slide down = SlideOf(window.padding, in[1], window.window_h, window.stride_h,
                             window.dilation_h, window.pad_top, window.pad_bottom);
  const Slide across = SlideOf(window.padding, in[2], window.window_w, window.stride_w,
                               window.dilation_w, window.pad_left, window.pad_right);
  if (out[0] != in[0] || out[1] != down.outputs || out[2] != across.outputs) {
    return view.Bad("output is " + ShapeText(out) + ", expected " + std::to_string(down.outputs) +
                    " rows and " + std::to_string(across.outputs) + " columns");
  }
  return Slides{static_cast<int32_t>(down.before), static_cast<int32_t>(across.before)};
}

Status CheckWeights(const NodeView& view, const Tensor& weights, int axis, int32_t channels) {
  COVEY_TRY(view.Constant(weights));
  COVEY_TRY(view.Type(weights, view.Floats() ? DType::kFloat32 : DType::kInt8));
  if (!view.Floats() && weights.quant.empty())
    return view.Unsupported(Describe(weights) + " has no scale");
  if (weights.quant.scales.size() > 1 && weights.quant.axis != axis) {
    return view.Unsupported(Describe(weights) + " is quantised along axis " +
                            std::to_string(weights.quant.axis) + ", supported is " +
                            std::to_string(axis));
  }
  if (weights.dims[static_cast<size_t>(axis)] != channels) {
    return view.Bad(Describe(weights) + " makes " +
                    std::to_string(weights.dims[static_cast<size_t>(axis)]) +
                    " channels, the output has " + std::to_string(channels));
  }
  return OkStatus();
}

Status CheckSymmetric(const NodeView& view, const Tensor& weights) {
  for (int32_t zero_point : weights.quant.zero_points) {
    if (zero_point == 0) continue;
    return view.Unsupported(Describe(weights) + " has zero point " + std::to_string(zero_point) +
                            ", supported is 0");
  }
  return OkStatus();
}

Status CheckBias(const NodeView& view, int32_t channels) {
  if (!view.has(2)) return OkStatus();
  const Tensor& bias = view.in(2);
  COVEY_TRY(view.Constant(bias));
  const bool wide = view.in(0).dtype == DType::kInt16 && bias.dtype == DType::kInt64;
  const DType whole = wide ? DType::kInt64 : DType::kInt32;
  COVEY_TRY(view.Type(bias, view.Floats() ? DType::kFloat32 : whole));
  if (bias.elements() == channels) return OkStatus();
  return view.Bad(Describe(bias) + " holds " + std::to_string(bias.elements()) +
                  " values, expected " + std::to_string(channels));
}

// Per channel d = D(s_i) * D(s_w[c]) / D(s_o); with one weight scale the same for all.
Status SetMultipliers(const NodeView& view, const Tensor& weights, int32_t channels,
                      bool single_product, Lowered& op) {
  if (view.Floats()) return OkStatus();
  const double in = ScaleOf(view.in(0));
  const double out = ScaleOf(view.out());
  const std::vector<float>& scales = weights.quant.scales;
  // 64-bit sums are scaled by other arithmetic, which shifts left by 7 at most.
  const bool wide =
      view.in(0).dtype == DType::kInt16 && !(view.has(2) && view.in(2).dtype == DType::kInt32);
  const int most_shift = wide ? 7 : 30;
  op.params.resize(2 * static_cast<size_t>(channels));
  for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
    const float scale = scales[scales.size() == 1 ? 0 : c];
    const double product =
        single_product ? static_cast<double>(ScaleOf(view.in(0)) * scale) : in * double{scale};
    const kernels::Multiplier fixed = kernels::Quantise(product / out);
    if (fixed.shift > most_shift) {
      return view.Unsupported("multiplier of channel " + std::to_string(c) + " is above 2^" +
                              std::to_string(most_shift));
    }
    op.params[c] = fixed.multiplier;
    op.params[static_cast<size_t>(channels) + c] = fixed.shift;
  }
  return OkStatus();
}

ConvAttr OffsetsAndRange(const NodeView& view) {
  const ActivationRange range = RangeOf(view.node().activation, view.out());
  ConvAttr attr;
  attr.input_offset = -ZeroOf(view.in(0));
  attr.output_offset = ZeroOf(view.out());
  attr.activation_min = range.min;
  attr.activation_max = range.max;
  return attr;
}

Status CheckConvShapes(const NodeView& view, bool depthwise, const Window& window) {
  const Tensor& weights = view.in(1);
  const int32_t in_channels = view.in(0).dims[3];
  if (depthwise) {
    if (weights.dims[0] == 1 && weights.dims[3] == int64_t{in_channels} * window.depth_multiplier) {
      return OkStatus();
    }
  } else if (window.groups >= 1 && int64_t{weights.dims[3]} * window.groups == in_channels &&
             weights.dims[0] % window.groups == 0) {
    return OkStatus();
  }
  return view.Bad(Describe(weights) + " does not fit input " + TypeAndShape(view.in(0)));
}

}  // namespace

Status LowerConv(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(2, 3));
  const bool depthwise = view.node().op == Op::kDepthwiseConv2D;
  const auto* window = std::get_if<Window>(&view.node().attributes);
  if (window == nullptr) return view.Bad("has no window");
  COVEY_TRY(view.SameNumbers(view.in(0), view.out()));
  const Tensor& weights = view.in(1);
  for (const Tensor* tensor : {&view.in(0), &weights, &view.out()}) {
    COVEY_TRY(view.Rank(*tensor, 4));
  }
  const int32_t channels = view.out().dims[3];
  COVEY_TRY(CheckWeights(view, weights, depthwise ? 3 : 0, channels));
  COVEY_TRY(CheckSymmetric(view, weights));
  COVEY_TRY(CheckBias(view, channels));
  COVEY_TRY(CheckConvShapes(view, depthwise, *window));
  if (window->window_h != weights.dims[1] || window->window_w != weights.dims[2]) {
    return view.Bad("window differs from " + Describe(weights));
  }
  COVEY_TRY_ASSIGN(const Slides slides, SlideBoth(view, *window));
  ConvAttr attr = OffsetsAndRange(view);
  attr.stride_h = window->stride_h;
  attr.stride_w = window->stride_w;
  attr.dilation_h = window->dilation_h;
  attr.dilation_w = window->dilation_w;
  attr.pad_top = slides.pad_top;
  attr.pad_left = slides.pad_left;
  attr.depth_multiplier = depthwise ? window->depth_multiplier : 1;
  attr.groups = depthwise ? 1 : window->groups;
  op.Set(attr);
  return SetMultipliers(view, weights, channels, false, op);
}

// The window is that of the convolution whose gradient this is: from output to input.
Status LowerTransposeConv(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(2, 3));
  const auto* window = std::get_if<Window>(&view.node().attributes);
  if (window == nullptr) return view.Bad("has no window");
  COVEY_TRY(view.SameNumbers(view.in(0), view.out()));
  const Tensor& weights = view.in(1);
  for (const Tensor* tensor : {&view.in(0), &weights, &view.out()}) {
    COVEY_TRY(view.Rank(*tensor, 4));
  }
  const std::vector<int32_t>&in = view.in(0).dims, &out = view.out().dims;
  COVEY_TRY(CheckWeights(view, weights, 0, out[3]));
  COVEY_TRY(CheckSymmetric(view, weights));
  COVEY_TRY(CheckBias(view, out[3]));
  COVEY_TRY(CheckConvShapes(view, false, *window));
  COVEY_TRY(CheckWindow(view, *window));
  if (in[0] != out[0] || window->window_h != weights.dims[1] ||
      window->window_w != weights.dims[2]) {
    return view.Bad("batch or window does not fit " + Describe(weights));
  }
  const Slide down = SlideOf(window->padding, out[1], window->window_h, window->stride_h,
                             window->dilation_h, window->pad_top, window->pad_bottom);
  const Slide across = SlideOf(window->padding, out[2], window->window_w, window->stride_w,
                               window->dilation_w, window->pad_left, window->pad_right);
  ConvAttr attr = OffsetsAndRange(view);
  attr.stride_h = window->stride_h;
  attr.stride_w = window->stride_w;
  attr.dilation_h = window->dilation_h;
  attr.dilation_w = window->dilation_w;
  attr.pad_top = static_cast<int32_t>(down.before);
  attr.pad_left = static_cast<int32_t>(across.before);
  attr.groups = window->groups;
  op.Set(attr);
  return SetMultipliers(view, weights, out[3], false, op);
}

Status LowerFullyConnected(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(2, 3));
  COVEY_TRY(view.SameNumbers(view.in(0), view.out()));
  const Tensor& weights = view.in(1);
  COVEY_TRY(view.Rank(weights, 2));
  if (view.out().dims.empty()) return view.Bad("the output is a scalar");
  const int32_t channels = view.out().dims.back();
  COVEY_TRY(CheckWeights(view, weights, 0, channels));
  COVEY_TRY(CheckBias(view, channels));
  const int64_t depth = weights.dims[1];
  if (depth < 1 || view.in(0).elements() % depth != 0 ||
      view.in(0).elements() / depth * channels != view.out().elements()) {
    return view.Bad(Describe(weights) + " does not fit input " + TypeAndShape(view.in(0)) +
                    " and output " + TypeAndShape(view.out()));
  }
  const bool per_tensor = weights.quant.scales.size() == 1;
  if (!per_tensor) COVEY_TRY(CheckSymmetric(view, weights));
  ConvAttr attr = OffsetsAndRange(view);
  attr.weights_offset = per_tensor ? -ZeroOf(weights) : 0;
  op.Set(attr);
  return SetMultipliers(view, weights, channels, per_tensor, op);
}

Status LowerPool(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1));
  const auto* window = std::get_if<Window>(&view.node().attributes);
  if (window == nullptr) return view.Bad("has no window");
  COVEY_TRY(view.SameNumbers(view.in(0), view.out()));
  COVEY_TRY(view.Rank(view.in(0), 4));
  COVEY_TRY(view.Rank(view.out(), 4));
  if (view.in(0).dims[3] != view.out().dims[3]) {
    return view.Bad(TypeAndShape(view.in(0)) + " in, " + TypeAndShape(view.out()) + " out");
  }
  if (!view.Floats() && (std::abs(ScaleOf(view.in(0)) - ScaleOf(view.out())) > 1e-6F ||
                         ZeroOf(view.in(0)) != ZeroOf(view.out()))) {
    return view.Unsupported("input and output are quantised differently, supported is the same");
  }
  if (window->dilation_h != 1 || window->dilation_w != 1) {
    return view.Unsupported("dilation is not 1");
  }
  COVEY_TRY_ASSIGN(const Slides slides, SlideBoth(view, *window));
  // Beyond half a window of padding an output could see no pixel at all.
  if (slides.pad_top >= window->window_h || slides.pad_left >= window->window_w) {
    return view.Unsupported("padding is as large as the window");
  }
  const ActivationRange range = RangeOf(view.node().activation, view.out());
  op.Set(PoolAttr{window->window_h, window->window_w, window->stride_h, window->stride_w,
                  slides.pad_top, slides.pad_left, range.min, range.max});
  return OkStatus();
}

}  // namespace covey::compiler
