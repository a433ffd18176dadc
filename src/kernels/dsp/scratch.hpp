// DspScratch says how much scratch the kernels of dsp/ can use for an op: `least` to run at all
// (with less they take the loops of ref/, with the same bytes), `best` for full speed. Between the
// two they take what they are given. It reads attributes and shapes only, so that the compiler
// plans by it on the host.
//
//   const DspScratch need = DspScratchOf(op);
//
// Units: bytes; 0 and 0: the op has no use for scratch.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/op_view.hpp"

namespace covey::kernels::dsp {

struct DspScratch {
  size_t least = 0, best = 0;
};

// conv2d: pixels of a patch matrix, four at a time, the weights of two output channels, and bytes
// to gather a patch whose rows are no multiple of four.
struct ConvLayout {
  size_t quad_bytes = 0;    // four pixels
  size_t weight_bytes = 0;  // two output channels
  size_t gather_bytes = 0;
  int32_t pixels = 0;  // of the whole output

  explicit ConvLayout(const OpView& op) {
    const auto filter = op.input[1].dims, out = op.output[0].dims;
    const auto groups = static_cast<size_t>((filter[1] * filter[2] * filter[3] + 3) / 4);
    quad_bytes = groups * 32;
    weight_bytes = groups * 16;
    by_fours = filter[3] % 4 == 0;
    gather_bytes = by_fours ? 0 : groups * 4;
    pixels = out[0] * out[1] * out[2];
  }
  bool by_fours = false;  // every run of the patch is a multiple of four bytes
};

// depthwise_conv2d, four channels at a time: their weights, and as many input rows as a window
// reaches over, widened and padded.
struct DepthwiseLayout {
  int64_t weight_words = 0, row_words = 0;
  int64_t reach = 0;    // rows in the ring
  int64_t columns = 0;  // of a row, with padding

  explicit DepthwiseLayout(const OpView& op) {
    const auto& attr = op.attr_as<ConvAttr>();
    const auto filter = op.input[1].dims, out = op.output[0].dims;
    weight_words = int64_t{2} * filter[1] * filter[2];
    reach = int64_t{filter[1] - 1} * attr.dilation_h + 1;
    columns = int64_t{out[2] - 1} * attr.stride_w + int64_t{filter[2] - 1} * attr.dilation_w + 1;
    row_words = 2 * columns;
  }
  size_t bytes() const { return static_cast<size_t>(weight_words + reach * row_words) * 4; }
};

inline constexpr int32_t kMostQuads = 16;
inline constexpr size_t kMostDepthwiseBytes = 16384;

inline DspScratch DspScratchOf(const OpView& op) {
  switch (op.op) {
    case Op::kConv2D: {
      const ConvLayout layout(op);
      const int32_t quads = (layout.pixels + 3) / 4;
      const auto most = static_cast<size_t>(quads < kMostQuads ? quads : kMostQuads);
      const size_t fixed = layout.weight_bytes + layout.gather_bytes;
      return {fixed + layout.quad_bytes, fixed + layout.quad_bytes * most};
    }
    case Op::kDepthwiseConv2D: {
      if (op.attr_as<ConvAttr>().depth_multiplier != 1 || op.input[1].dims[3] < 4) return {};
      const size_t bytes = DepthwiseLayout(op).bytes();
      // A window that reaches far beyond its picture is not worth the room.
      if (bytes > kMostDepthwiseBytes) return {};
      return {bytes, bytes};
    }
    case Op::kAdd: {
      if (op.output[0].elements() < 512) return {};
      return {2048, 2048};  // a table for each input
    }
    default:
      return {};
  }
}

// What a kernel asks before it runs.
inline bool ScratchHolds(const OpView& op, size_t bytes) {
  return bytes != 0 && op.scratch.size() >= bytes &&
         reinterpret_cast<uintptr_t>(op.scratch.data()) % 4 == 0;
}

}  // namespace covey::kernels::dsp
