// Rv32Scratch says how much scratch the kernels of rv32/ can use for an op: `least` to run at all
// (with less they take the loops of ref/, with the same bytes), `best` for full speed. Between the
// two they take what they are given. It reads attributes and shapes only, so that the compiler
// plans by it on the host.
//
//   const Rv32Scratch need = Rv32ScratchOf(op);
//
// Units: bytes; 0 and 0: the op has no use for scratch.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/op_view.hpp"

namespace covey::kernels::rv32 {

struct Rv32Scratch {
  size_t least = 0, best = 0;
};

// conv2d, two output channels by six pixels: a bias for each channel that holds the input's offset,
// a bit for each four weights of two channels, a list of turns (dot2x6.hpp), and patches.
struct ConvLayout {
  int32_t terms = 0, chunks = 0;  // chunks of four
  int32_t pixels = 0;             // of the whole output
  size_t bias_bytes = 0, mark_words = 0, mark_bytes = 0, turn_bytes = 0;
  size_t six_bytes = 0;  // the patches of six pixels
  size_t row_bytes = 0;  // of int4 weights, unpacked; two rows

  explicit ConvLayout(const OpView& op) {
    const auto filter = op.input[1].dims, out = op.output[0].dims;
    terms = filter[1] * filter[2] * filter[3];
    chunks = terms / 4;
    pixels = out[0] * out[1] * out[2];
    const auto channels = static_cast<size_t>(filter[0]);
    bias_bytes = channels * 4;
    mark_words = static_cast<size_t>(chunks + 31) / 32;
    mark_bytes = channels * mark_words * 4;
    turn_bytes = (static_cast<size_t>(chunks) * 2 + 4) * 4;
    six_bytes = static_cast<size_t>(terms) * 12;
    if (op.input[1].dtype == DType::kInt4) row_bytes = (static_cast<size_t>(terms) + 3) / 4 * 4;
  }
  size_t fixed() const { return bias_bytes + mark_bytes + turn_bytes + 2 * row_bytes; }
};

inline constexpr int32_t kMostSixes = 6;

// depthwise_conv2d 3x3, 5x5 and 7x7: one channel's picture, padded; for the larger windows with
// room for whole fours of them.
struct DepthwiseLayout {
  int32_t rows = 0, columns = 0;

  explicit DepthwiseLayout(const OpView& op) {
    const auto& attr = op.attr_as<ConvAttr>();
    const auto filter = op.input[1].dims, out = op.output[0].dims;
    rows = (out[1] - 1) * attr.stride_h + (filter[1] - 1) * attr.dilation_h + 1;
    const int32_t windows = filter[2] == 3 ? out[2] : (out[2] + 3) / 4 * 4;
    columns = (windows - 1) * attr.stride_w + (filter[2] - 1) * attr.dilation_w + 1;
  }
  int64_t bytes() const { return int64_t{rows} * columns; }
};
inline constexpr int64_t kMostPlaneBytes = 32768;

inline Rv32Scratch Rv32ScratchOf(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return {};
  switch (op.op) {
    case Op::kConv2D: {
      const ConvLayout layout(op);
      const int32_t sixes = (layout.pixels + 5) / 6;
      const auto most = static_cast<size_t>(sixes < kMostSixes ? sixes : kMostSixes);
      return {layout.fixed() + layout.six_bytes, layout.fixed() + layout.six_bytes * most};
    }
    case Op::kDepthwiseConv2D: {
      const auto& attr = op.attr_as<ConvAttr>();
      const auto filter = op.input[1].dims;
      const bool planes =
          filter[1] == filter[2] && (filter[1] == 3 || filter[1] == 5 || filter[1] == 7);
      if (attr.depth_multiplier != 1 || !planes || attr.stride_w > 2 || attr.dilation_w != 1)
        return {};
      const int64_t bytes = DepthwiseLayout(op).bytes();
      // A window that reaches far beyond its picture is not worth the room.
      if (bytes > kMostPlaneBytes) return {};
      return {static_cast<size_t>(bytes), static_cast<size_t>(bytes)};
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

}  // namespace covey::kernels::rv32
