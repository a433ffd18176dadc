// The three loops of Winograd's F(2x2, 3x3), in assembly: V of a tile, the products of four tiles
// and two output channels, the pixels of two tiles. kernels/winograd.hpp has the matrices.
//
// Shapes: V of a quad of tiles is [position][step][4 tiles], a word a pair of channels; U of two
// output channels is [position][step][2 outputs], likewise.
#pragma once

#include <cstdint>

#include "kernels/dsp/finish.hpp"

namespace covey::kernels::dsp {

// V of one tile, `words` times four channels.
struct WinogradTile {
  const int8_t* from;
  int32_t pixel_step, row_step;  // bytes
  uint32_t* to;                  // of the first position
  int32_t position_step;         // bytes
  int32_t words;
  uint32_t offset;  // a pair
};
extern "C" void covey_dsp_winograd_input(const WinogradTile* tile);

// sums[position][8]: two output channels by four tiles. steps: half the channels, at least 2.
extern "C" void covey_dsp_winograd_multiply(const uint32_t* v, const int16_t* u, int32_t* sums,
                                            int32_t steps);

// Where a position goes by several quads of tiles before the next position: from quad to quad, and
// from the last quad to the next position of the first. Bytes; sums are [quad][position][8].
struct WinogradTurns {
  const int32_t* position_end;  // of the sums: behind the last quad's of the first position
  int32_t next;                 // of V, behind a position of a quad
  int32_t back, sums_back;      // of V and of the sums
  const int32_t* end;           // of position_end, behind the last position
  int32_t next_first;           // as `next`, behind a list's first part; 0: there is one
  int32_t steps;

  // `second`: the step that a list's second part begins with, or less than 0.
  WinogradTurns(int32_t quads, size_t quad_bytes, int32_t channels, int32_t second,
                const int32_t* sums)
      : position_end(sums + quads * 128),
        next(static_cast<int32_t>(quad_bytes) - channels * 8 + (second < 0 ? 0 : second * 16)),
        back(static_cast<int32_t>(quad_bytes) * (quads - 1)),
        sums_back(quads * 512 - 32),
        end(sums + (quads + 1) * 128),
        next_first(second < 0 ? 0 : static_cast<int32_t>(quad_bytes) - second * 16),
        steps(channels / 2) {}
};
extern "C" void covey_dsp_winograd_by_position(const uint32_t* v, const int16_t* u, int32_t* sums,
                                               const WinogradTurns* turns);

// Two tiles of one output channel: 8 pixels, in two rows.
struct WinogradTwo {
  int32_t bias, multiplier, power, offset;  // of Channel; the output's zero point
  int8_t* out;
  int32_t step, three_steps;  // bytes from pixel to pixel; three times that
  int32_t row;                // bytes from row to row
};
// Channel a tiles 0 and 1, 2 and 3, then channel b.
extern "C" void covey_dsp_winograd_finish_relu(const int32_t* sums, const WinogradTwo* four);
extern "C" void covey_dsp_winograd_finish_signed(const int32_t* sums, const WinogradTwo* four);

}  // namespace covey::kernels::dsp
