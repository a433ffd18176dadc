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
#include "kernels/dsp/steps.hpp"
#include "kernels/skip_list.hpp"
#include "kernels/weight_blocks.hpp"
#include "kernels/winograd.hpp"

namespace covey::kernels::dsp {

struct DspScratch {
  size_t least = 0, best = 0;
};

// conv2d: the windows of some pixels, four at a time, the weights of two output channels, and bytes
// to gather what four windows look at that reach over the edge, or a row of taps that lie apart.
struct ConvLayout {
  Steps steps;
  bool joined;           // the taps of a window's row lie side by side
  bool pixelwise;        // a window is a pixel, and each pixel has one
  int32_t strip_pixels;  // in a row of what four windows look at; 0: never gathered together
  int32_t inside_begin, inside_end;  // output columns whose windows lie inside the picture
  int32_t pixels;                    // of the whole output
  size_t quad_bytes, weight_bytes, gather_bytes;

  explicit ConvLayout(const OpView& op) : steps(op.input[1].dims) {
    const auto& attr = op.attr_as<ConvAttr>();
    const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
    joined = attr.dilation_w == 1 && filter[3] == in[3];
    inside_begin = (attr.pad_left + attr.stride_w - 1) / attr.stride_w;
    const int32_t room = in[2] + attr.pad_left - (filter[2] - 1) * attr.dilation_w - 1;
    inside_end = room < 0 ? 0 : room / attr.stride_w + 1;
    if (inside_end > out[2]) inside_end = out[2];
    pixels = out[0] * out[1] * out[2];
    quad_bytes = static_cast<size_t>(steps.count()) * 16;
    weight_bytes = static_cast<size_t>(steps.count()) * 8;
    if (attr.weights_order == kWeightSkipDirect) weight_bytes = 0;
    if (attr.weights_order == kWeightSkipSearch || attr.weights_order == kWeightSkipCopied)
      weight_bytes = static_cast<size_t>(SkipRoomBytes(steps.count()));
    pixelwise = joined && filter[1] == 1 && filter[2] == 1 && attr.stride_h == 1 &&
                attr.stride_w == 1 && attr.pad_top == 0 && attr.pad_left == 0 && in[1] == out[1] &&
                in[2] == out[2];
    if (pixelwise) inside_begin = 0, inside_end = pixels;
    strip_pixels = joined && attr.stride_w <= 4 ? 3 * attr.stride_w + filter[2] : 0;
    const int32_t down = (out[1] - 1) * attr.stride_h + (filter[1] - 1) * attr.dilation_h + 1;
    const bool inside =
        joined && inside_begin == 0 && inside_end >= out[2] && attr.pad_top == 0 && down <= in[1];
    const int64_t strip = int64_t{strip_pixels} * in[3] * filter[1];
    const int64_t gather = strip > steps.row_bytes ? strip : steps.row_bytes;
    gather_bytes = inside ? 0 : static_cast<size_t>(gather + 3) / 4 * 4;
  }
};

// conv2d by Winograd's F(2x2, 3x3): V of some quads of tiles, the sums of a quad and two output
// channels (of all these quads, if they go by position), and one tile that reaches over the edge.
inline constexpr size_t kWinogradSumBytes = kWinogradPositions * 8 * sizeof(int32_t);

struct WinogradLayout {
  int32_t tile_rows, tile_columns, tiles;  // of a picture; of the whole output
  size_t quad_bytes, edge_bytes;
  int64_t lead;  // by how much the output must run ahead of the input if they share bytes
  bool by_position;

  explicit WinogradLayout(const OpView& op) {
    const auto out = op.output[0].dims;
    const auto channels = static_cast<size_t>(op.input[0].dims[3]);
    tile_rows = (out[1] + 1) / 2, tile_columns = (out[2] + 1) / 2;
    tiles = out[0] * tile_rows * tile_columns;
    quad_bytes = 128 * channels, edge_bytes = 16 * channels;
    lead = LeadOf(op, tile_rows);
    by_position = GoesByPosition(op.attr_as<ConvAttr>().weights_order);
  }
  size_t bytes(int32_t quads) const {
    return sum_bytes(quads) + edge_bytes + static_cast<size_t>(quads) * quad_bytes;
  }
  size_t sum_bytes(int32_t quads) const {
    return kWinogradSumBytes * (by_position ? static_cast<size_t>(quads) : 1);
  }
  // Quads, at least 1, that fit so many bytes, at least those of one.
  int32_t QuadsIn(size_t room) const {
    const size_t more = room - bytes(1), each = quad_bytes + (by_position ? kWinogradSumBytes : 0);
    const size_t fit = 1 + more / each;
    return fit < static_cast<size_t>(quads()) ? static_cast<int32_t>(fit) : quads();
  }
  int32_t quads() const { return (tiles + 3) / 4; }

 private:
  // Rows 2t and 2t + 1 of the output are written while input rows from 2t - pad_top on are needed.
  static int64_t LeadOf(const OpView& op, int32_t tile_rows) {
    const auto& attr = op.attr_as<ConvAttr>();
    const auto in = op.input[0].dims, out = op.output[0].dims;
    const int64_t in_row = int64_t{in[2]} * in[3], out_row = int64_t{out[2]} * out[3];
    int64_t lead = 0;
    for (const int64_t n : {int64_t{0}, int64_t{out[0]} - 1}) {
      const int64_t ahead = n * (out[1] * out_row - in[1] * in_row);
      for (int64_t t = 0; t < tile_rows; ++t) {
        const int64_t bottom = 2 * t + 2 < out[1] ? 2 * t + 2 : out[1];
        const int64_t top = 2 * t - attr.pad_top;
        const int64_t needed = top < 0 ? 0 : top < in[1] ? top : in[1];
        const int64_t here = ahead + bottom * out_row - needed * in_row;
        lead = here > lead ? here : lead;
      }
    }
    return lead;
  }
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

// The same for windows of 3x3, 5x5 and 7x7 with neighbouring taps and strides of 1 and 2: the rows
// for one row of output or more, each channel by itself, two columns a word (planes.hpp). The wide
// windows look at words for whole fours of output pixels.
struct PlanarLayout {
  bool applies = false;
  int32_t window = 0, row_words = 0, reach = 0, stride = 0;

  explicit PlanarLayout(const OpView& op) {
    const auto& attr = op.attr_as<ConvAttr>();
    const auto filter = op.input[1].dims, out = op.output[0].dims;
    window = filter[1];
    applies = (window == 3 || window == 5 || window == 7) && filter[2] == window &&
              attr.dilation_w == 1 && attr.stride_w <= 2;
    if (!applies) return;
    reach = (window - 1) * attr.dilation_h + 1;
    stride = attr.stride_h;
    row_words = window == 3 ? ((out[2] - 1) * attr.stride_w + 4) / 2
                            : (out[2] + 3) / 4 * 2 * attr.stride_w + window / 2;
  }
  // For so many rows of output.
  int64_t plane_rows(int64_t rows) const { return (rows - 1) * stride + reach; }
  int64_t bytes(int64_t rows) const { return plane_rows(rows) * row_words * 16; }
  // Rows of output, at most `most`, whose planes fit so many bytes.
  int32_t RowsIn(size_t room, int32_t most) const {
    int32_t rows = 1;
    while (rows < most && bytes(rows + 1) <= static_cast<int64_t>(room)) ++rows;
    return rows;
  }
};

inline constexpr int32_t kMostQuads = 16;
inline constexpr size_t kMostDepthwiseBytes = 16384;

// fully_connected with weights in pairs: what is kept of an input, eight bytes for two
// (dot_pairs.hpp).
inline size_t InputListBytes(const OpView& op) {
  return static_cast<size_t>(op.input[1].dims[1]) / 2 * 8;
}

inline DspScratch DspScratchOf(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return {};
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
      size_t least = DepthwiseLayout(op).bytes();
      const PlanarLayout planar(op);
      size_t best = least;
      if (planar.applies) {
        const auto one = static_cast<size_t>(planar.bytes(1));
        least = one > least ? one : least;
        const int32_t rows = planar.RowsIn(kMostDepthwiseBytes, op.output[0].dims[1]);
        const auto all = static_cast<size_t>(planar.bytes(rows));
        best = all > least ? all : least;
      }
      // A window that reaches far beyond its picture is not worth the room.
      if (least > kMostDepthwiseBytes) return {};
      return {least, best};
    }
    case Op::kAdd: {
      if (op.output[0].elements() < 512) return {};
      return {1024, 1024};  // a table of what one input adds
    }
    case Op::kFullyConnected: {
      if (op.attr_as<ConvAttr>().weights_order != kWeightPairs) return {};
      return {InputListBytes(op), InputListBytes(op)};
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
