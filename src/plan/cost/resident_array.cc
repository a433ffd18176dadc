#include "plan/cost/resident_array.hpp"

#include <algorithm>

namespace covey::plan {
namespace {

constexpr int64_t kColumnBits = 72;
constexpr int64_t kQuadrants = 4;
constexpr int64_t kGroup = 4;  // processors that share one data memory

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Without weights: pixels go through, four channels a cycle and quadrant.
int64_t PassthroughCycles(const Layer& layer, int64_t rows, int64_t columns,
                          const ArrayFootprint& foot) {
  const LayerShape& shape = layer.shape;
  const int64_t window = int64_t{shape.pool_h} * shape.pool_w;
  const int64_t passes = foot.passes > 1 && window > 1 ? 2 * foot.passes - 1 : foot.passes;
  const int64_t groups = layer.quad_groups >= 0
                             ? layer.quad_groups
                             : std::min(kQuadrants, CeilDiv(foot.processors, kGroup));
  return rows * columns * (passes * shape.operands * (window + 1) + passes * groups);
}

}  // namespace

ArrayFootprint FootprintOf(const LayerShape& shape, LayerOp op) {
  ArrayFootprint foot;
  const int64_t in = std::max(1, shape.cin), out = std::max(1, shape.cout);
  foot.passes = CeilDiv(in, kArrayProcessors);
  foot.processors =
      in <= kArrayProcessors ? in : kGroup * CeilDiv(CeilDiv(in, foot.passes), kGroup);
  const int64_t expansion = CeilDiv(out, kArrayProcessors);
  foot.channels =
      expansion == 1 ? out : expansion * kGroup * CeilDiv(CeilDiv(out, expansion), kGroup);
  if (op == LayerOp::kPassthrough || shape.weight_bits == 0) return foot;
  const int64_t pixels = shape.flatten ? int64_t{shape.in_h} * shape.in_w : 1;
  // A depthwise layer has one kernel for each of a processor's own channels.
  const int64_t each = op == LayerOp::kDepthwise ? 1 : foot.channels;
  foot.kernels = each * foot.passes * pixels;
  foot.columns =
      CeilDiv(foot.kernels * shape.kernel_h * shape.kernel_w * shape.weight_bits, kColumnBits);
  return foot;
}

int64_t ArrayCycles(const Layer& layer) {
  const LayerShape& shape = layer.shape;
  const ArrayFootprint foot = FootprintOf(shape, layer.op);
  const bool transposed = layer.op == LayerOp::kConvTranspose2d;
  const auto pooled = [](int64_t size, int64_t window, int64_t stride) {
    return size < window ? 1 : (size - window) / stride + 1;
  };
  const int64_t rows =
      transposed ? 2 * shape.in_h : pooled(shape.in_h, shape.pool_h, shape.pool_stride_h);
  const int64_t columns =
      transposed ? 2 * shape.in_w : pooled(shape.in_w, shape.pool_w, shape.pool_stride_w);
  if (layer.op == LayerOp::kPassthrough) return PassthroughCycles(layer, rows, columns, foot);

  const int64_t m = foot.passes, e = std::max(1, shape.operands);
  const int64_t window = int64_t{shape.pool_h} * shape.pool_w;
  const int64_t p = shape.pad, q = layer.op == LayerOp::kConv1d ? 0 : p;
  const int64_t kr = shape.kernel_h, kc = shape.kernel_w;
  const int64_t wo = shape.flatten ? shape.in_w : shape.out_w;
  // a: one pixel of padding, b: one of data.
  const int64_t a = shape.pool_first ? 2 * m * e : 2 * m;
  const int64_t b = shape.pool_first ? m * e * (window + 1) : m * (e * window + 1);
  const int64_t wide = shape.pool_first ? 1 : m;
  const int64_t first = 2 * q * (a + 1) + wide * columns * (a + 1);
  const int64_t fill = 2 * q * (a + 1) + wide * columns * (b + 1);
  const int64_t conv = q * (a + 1) + wide * (kc - 1 - q) * (b + 1) + wide * (wo - q) * b + q * a;
  const int64_t last = q * (a + 1) + wide * (kc - 1 - q) * (a + 1) + wide * (wo - q) * a + q * a;
  const int64_t out = m * wo * foot.channels + (foot.channels == 1 && m == 1 ? 1 : 0);
  const int64_t filled = kr - 1 - p;
  int64_t cycles = p * first + filled * fill + (conv + out) * (rows - filled) + p * (last + out);
  if (!shape.pool_first && (m > 1 || e > 1) && layer.first_column > 0) {
    cycles +=
        layer.first_column * ((rows + 2 * p - kc + 1) * q + (columns + 2 * q - kr + 1) * p - p * q);
  }
  return cycles;
}

}  // namespace covey::plan
