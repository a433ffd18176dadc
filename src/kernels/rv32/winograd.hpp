// Winograd F(2x2,3x3) in exact integers: a 3x3 convolution with stride 1 by 16 products for four
// outputs of an input channel instead of 36.
//
//   U = G' g G'^T   V = B^T x B   M = sum over c of U V (16 products)   A^T M A = 4 Y
//
//   B^T = 1 0 -1  0   G' = 2  0 0   A^T = 1 1  1  0
//         0 1  1  0        1  1 1         0 1 -1 -1
//         0 -1 1  0        1 -1 1
//         0 1  0 -1        0  0 2
//
// U and V fit int16. Every sum may wrap modulo 2^32: the last one, 4 Y, is right if it fits, for at
// most 1820 channels.
//
//   for some tiles of 4x4 inputs:      V -> scratch
//     for four output channels:        U -> scratch
//       for four tiles:                WinogradDot, A^T M A, Finish
//
// Memory: scratch as below. Two rows of outputs are written at a time: input and output must lie
// apart.
#pragma once

#include "core/op_view.hpp"
#include "kernels/rv32/scratch.hpp"

namespace covey::kernels::rv32 {

// Whether the op is one for it, and with how much scratch.
struct WinogradLayout {
  bool eligible = false;
  int32_t tiles = 0;       // of one picture
  size_t fixed_bytes = 0;  // a pixel of padding, U of four channels, M of four tiles
  size_t four_bytes = 0;   // V of four tiles
  size_t row_bytes = 0;    // of int4 weights, unpacked

  explicit WinogradLayout(const OpView& op) {
    if (op.op != Op::kConv2D || op.output[0].dtype != DType::kInt8) return;
    const auto& attr = op.attr_as<ConvAttr>();
    const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
    eligible = filter[1] == 3 && filter[2] == 3 && attr.stride_h == 1 && attr.stride_w == 1 &&
               attr.dilation_h == 1 && attr.dilation_w == 1 && attr.groups == 1 && in[3] % 2 == 0 &&
               in[3] >= 8 && in[3] <= 1820 && filter[0] >= 4 && out[1] <= 4096 && out[2] <= 4096;
    if (!eligible) return;
    tiles = (out[1] + 1) / 2 * ((out[2] + 1) / 2);
    const auto channels = static_cast<size_t>(in[3]);
    if (op.input[1].dtype == DType::kInt4) row_bytes = (9 * channels + 3) / 4 * 4;
    fixed_bytes = (channels + 3) / 4 * 4 + 128 * channels + 1024 + row_bytes;
    four_bytes = 128 * channels;
  }
  size_t bytes(int32_t fours) const {
    return fixed_bytes + four_bytes * static_cast<size_t>(fours);
  }
};

inline constexpr int32_t kMostTileFours = 8;

// Whether the op's scratch and places allow it.
bool WinogradRuns(const OpView& op);
void RunWinograd(const OpView& op);

}  // namespace covey::kernels::rv32
