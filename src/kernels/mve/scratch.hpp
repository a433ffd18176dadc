// MveScratch says how much scratch the kernels of mve/ can use for an op: `least` to run at all
// (with less they take the loops of ref/, with the same bytes), `best` for full speed. Between the
// two they take what they are given. It reads attributes and shapes only, so that the compiler
// plans by it on the host.
//
//   const MveScratch need = MveScratchOf(op);
//
// Units: bytes; 0 and 0: the op has no use for scratch.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/op_view.hpp"
#include "kernels/chunk_list.hpp"
#include "kernels/skip_list.hpp"

namespace covey::kernels::mve {

struct MveScratch {
  size_t least = 0, best = 0;
};

constexpr size_t RoundUp16(size_t bytes) { return (bytes + 15) / 16 * 16; }

// conv2d: by its attributes, over lists of chunks (kernels/chunk_list.hpp).
inline bool GoesByChunks(const OpView& op) {
  return op.attr_as<ConvAttr>().weights_order == kWeightSkipChunks;
}

// conv2d: a bias for each channel that holds the input's offset, or codes of one list (chunk_loop.hpp);
// patches of pixels two by two; bytes to gather a patch whose rows are no multiple of sixteen.
struct ConvLayout {
  size_t first_bytes = 0, pair_bytes = 0, gather_bytes = 0;
  size_t row_bytes = 0;    // of int4 weights, unpacked; four rows
  int32_t pixels = 0;      // of the whole output
  bool by_chunks = false;  // every run of the patch is a multiple of sixteen bytes

  explicit ConvLayout(const OpView& op) : ConvLayout(op, GoesByChunks(op)) {}
  ConvLayout(const OpView& op, bool by_lists) {
    const auto filter = op.input[1].dims, out = op.output[0].dims;
    const auto chunks = static_cast<size_t>(ChunksOf(filter[1] * filter[2] * filter[3]));
    const size_t codes = (chunks + kChunkMasks - 1) / kChunkMasks * kChunkMasks + 1;
    first_bytes = RoundUp16(4 * (by_lists ? codes : static_cast<size_t>(filter[0])));
    pair_bytes = chunks * 32;
    by_chunks = filter[3] % 16 == 0;
    gather_bytes = by_chunks ? 0 : chunks * 16 + 16;  // rows are written sixteen bytes long
    pixels = out[0] * out[1] * out[2];
    if (op.input[1].dtype == DType::kInt4 && !by_lists) row_bytes = chunks * 16;
  }
  size_t fixed() const { return first_bytes + gather_bytes + 4 * row_bytes; }
};

inline constexpr int32_t kMostPairs = 16;

// depthwise_conv2d, sixteen bytes of the output's rows at a time: weights and numbers of each block
// of channels that can come, and as many input rows as a window reaches over, padded.
struct DepthwiseLayout {
  int32_t blocks = 0, block_bytes = 0;
  int32_t runs = 0, run = 0;           // of a row: how many, of how many bytes
  int64_t reach = 0;                   // rows in the ring
  int64_t columns = 0, row_bytes = 0;  // of a row, with padding

  explicit DepthwiseLayout(const OpView& op) {
    const auto& attr = op.attr_as<ConvAttr>();
    const auto filter = op.input[1].dims, out = op.output[0].dims;
    const int32_t channels = filter[3];
    int32_t divisor = 16;  // blocks of a long run come round after channels / divisor
    while (channels % divisor != 0) divisor /= 2;
    const int32_t chunks = ChunksOf(channels);
    const bool one_run = attr.stride_w == 1 && channels / divisor <= chunks + 4;
    blocks = one_run ? channels / divisor : chunks;
    runs = one_run ? 1 : out[2];
    run = one_run ? out[2] * channels : channels;
    block_bytes = 16 * filter[1] * filter[2] + 192;
    reach = int64_t{filter[1] - 1} * attr.dilation_h + 1;
    columns = int64_t{out[2] - 1} * attr.stride_w + int64_t{filter[2] - 1} * attr.dilation_w + 1;
    row_bytes = (columns * channels + 31) / 16 * 16;  // the last load may reach beyond
  }
  int64_t bytes() const { return int64_t{blocks} * block_bytes + reach * row_bytes; }
};

inline constexpr int64_t kMostDepthwiseBytes = 32768;
inline constexpr int32_t kMostDepthwiseRows = 16;

inline MveScratch MveScratchOf(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return {};
  switch (op.op) {
    case Op::kConv2D: {
      const ConvLayout layout(op);
      const int32_t pairs = (layout.pixels + 1) / 2;
      const auto most = static_cast<size_t>(pairs < kMostPairs ? pairs : kMostPairs);
      return {layout.fixed() + layout.pair_bytes, layout.fixed() + layout.pair_bytes * most};
    }
    case Op::kDepthwiseConv2D: {
      const auto filter = op.input[1].dims;
      if (op.attr_as<ConvAttr>().depth_multiplier != 1 || filter[1] > kMostDepthwiseRows) return {};
      // A window that reaches far beyond its picture is not worth the room.
      if (int64_t{filter[1]} * filter[2] * filter[3] > kMostDepthwiseBytes) return {};
      const int64_t bytes = DepthwiseLayout(op).bytes();
      if (bytes > kMostDepthwiseBytes) return {};
      return {static_cast<size_t>(bytes), static_cast<size_t>(bytes)};
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

}  // namespace covey::kernels::mve
