#include "plan/cost/array_rules.hpp"

#include <algorithm>

namespace covey::plan {
namespace {

constexpr int32_t kMostPad = 2, kMostLength = 9, kMostWindow = 16;
constexpr int32_t kMostFlat = 16'384, kMostFlatPixels = 256;
constexpr int32_t kMostLongDilated = 3;  // of conv1d kernels

std::string Pair(int32_t a, int32_t b) { return std::to_string(a) + "x" + std::to_string(b); }

std::string Kernel(const Layer& layer) {
  const LayerShape& shape = layer.shape;
  const int32_t high = shape.kernel_h, wide = shape.kernel_w;
  if (layer.op == LayerOp::kConv1d) {
    const int32_t length = std::max(high, wide);
    return length <= kMostLength && std::min(high, wide) == 1
               ? ""
               : Pair(high, wide) + " kernels along one axis, only lengths 1 to 9";
  }
  if (layer.op == LayerOp::kConvTranspose2d) {
    return high == 3 && wide == 3 ? "" : Pair(high, wide) + " transposed kernels, only 3x3";
  }
  const bool known = high == wide && (high == 1 || high == 3);
  return known ? "" : Pair(high, wide) + " kernels, only 1x1 and 3x3";
}

std::string Convolution(const ArrayRules& rules, const Layer& layer) {
  const LayerShape& shape = layer.shape;
  std::string why = Kernel(layer);
  if (!why.empty()) return why;
  if (layer.op == LayerOp::kConvTranspose2d) {
    // Its stride shows in its sizes; not every table has more.
    const bool twice = shape.out_h == 2 * shape.in_h && shape.out_w == 2 * shape.in_w;
    return twice ? "" : "transposed convolutions that do not double the picture";
  }
  // Along one axis the other stride says nothing.
  const bool line = layer.op == LayerOp::kConv1d;
  const int32_t down = line && shape.in_h == 1 ? 1 : shape.stride_h;
  const int32_t right = line && shape.in_w == 1 ? 1 : shape.stride_w;
  if (down != 1 || right != 1) {
    return "convolutions of stride " + Pair(shape.stride_h, shape.stride_w) + ", only 1x1";
  }
  const int32_t dilation = std::max(shape.dilation_h, shape.dilation_w);
  const bool short_line =
      layer.op == LayerOp::kConv1d && std::max(shape.kernel_h, shape.kernel_w) <= kMostLongDilated;
  if (dilation > (short_line ? rules.pixels : rules.dilation)) {
    return "convolutions of dilation " + std::to_string(dilation);
  }
  if (shape.pad > kMostPad) return "padding of " + std::to_string(shape.pad) + ", only up to 2";
  return {};
}

}  // namespace

std::string BeyondArray(const ArrayRules& rules, const Layer& layer) {
  const LayerShape& shape = layer.shape;
  if (!layer.function.empty()) return layer.function + " layers";
  if (shape.in_h <= 0 || shape.cin <= 0) return "layers without a stated shape";
  const int32_t channels = std::max(shape.cin, shape.cout);
  const bool flat = shape.flatten || layer.op == LayerOp::kLinear;
  // What is flattened is counted by its pixels, too.
  if (channels > rules.channels &&
      !(flat && channels <= kMostFlat && shape.cout <= rules.channels)) {
    return "layers of " + std::to_string(channels) + " channels, at most " +
           std::to_string(rules.channels);
  }
  if (std::max(shape.in_h, shape.in_w) > rules.pixels) {
    return "pictures of " + Pair(shape.in_h, shape.in_w) + ", at most " +
           std::to_string(rules.pixels) + " each way";
  }
  if (shape.flatten && (int64_t{shape.in_h} * shape.in_w > kMostFlatPixels ||
                        int64_t{shape.in_h} * shape.in_w * shape.cin > kMostFlat)) {
    return "flattened pictures of " + Pair(shape.in_h, shape.in_w) + "x" +
           std::to_string(shape.cin);
  }
  if (std::max(shape.pool_h, shape.pool_w) > kMostWindow ||
      std::max(shape.pool_stride_h, shape.pool_stride_w) > kMostWindow) {
    return "pooling of " + Pair(shape.pool_h, shape.pool_w) + ", at most 16x16";
  }
  switch (layer.op) {
    case LayerOp::kDepthwise:
      if (!rules.depthwise) return "depthwise layers";
      return Convolution(rules, layer);
    case LayerOp::kConv2d:
    case LayerOp::kConv1d:
    case LayerOp::kConvTranspose2d:
      return Convolution(rules, layer);
    case LayerOp::kLinear:
    case LayerOp::kPassthrough:
      break;
  }
  return {};
}

}  // namespace covey::plan
