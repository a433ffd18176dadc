// A 3x3 convolution by Winograd's F(2x2, 3x3) (kernels/winograd.hpp) with U in the image, as the
// op's fourth input.
//
//   for a batch of tiles, four by four:      V -> scratch
//     for two output channels, four tiles:   16 sums each -> scratch, then 16 output pixels each
//
// Memory: scratch holds V of some quads of tiles, the sums, and a tile that reaches over the edge.
#pragma once

#include "core/op_view.hpp"
#include "kernels/winograd.hpp"

namespace covey::kernels::dsp {

struct WinogradLayout {
  int32_t tile_columns, tiles;  // of a row of tiles; of the whole output
  size_t quad_bytes, sum_bytes, edge_bytes;
  int64_t lead;  // by how much the output must run ahead of the input if they share bytes

  explicit WinogradLayout(const OpView& op);
  size_t bytes(int32_t quads) const {
    return sum_bytes + edge_bytes + static_cast<size_t>(quads) * quad_bytes;
  }
  int32_t quads() const { return (tiles + 3) / 4; }
};

// False if the op has no U, or too little scratch, or its tensors lie too close, or its numbers
// are none for the fast epilogue: then nothing is done.
bool RunWinograd(const OpView& op);

}  // namespace covey::kernels::dsp
