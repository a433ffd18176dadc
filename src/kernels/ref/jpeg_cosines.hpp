// InverseCosines turns the coefficients of a JPEG block into samples.
//
//   samples[y][x] = 128 + 1/4 sum C(u) C(v) block[v][u] cos((2x + 1) u pi / 16) cos((2y + 1) v pi /
//   16)
//
// Shapes: block 8 x 8, row by row; samples 8 x 8. Exact: the bytes that decoders with the usual
// integer transform (13 bits, two more between the passes) have; hostile blocks wrap.
// Source: Loeffler, Ligtenberg, Moschytz, "Practical fast 1-D DCT algorithms with 11
// multiplications", 1989.
#pragma once

#include <cstdint>

namespace covey::kernels::ref {

// Bit x of `columns` is set where column x may have more than its first row. `block` is
// overwritten.
void InverseCosines(int32_t* block, uint32_t columns, uint8_t* samples);

}  // namespace covey::kernels::ref
