// Cosines turns the samples of a JPEG block, less 128, into its coefficients times 8, in place.
//
//   block[v][u] = 2 sum C(u) C(v) block[y][x] cos((2x + 1) u pi / 16) cos((2y + 1) v pi / 16)
//
// Shapes: 8 x 8, row by row. Exact: the usual integer transform (13 bits, two more between the
// passes); the other way: kernels/ref/jpeg_cosines.hpp.
// Source: Loeffler, Ligtenberg, Moschytz, "Practical fast 1-D DCT algorithms with 11
// multiplications", 1989.
#pragma once

#include <cstdint>

namespace covey::micro {

void Cosines(int32_t* block);

}  // namespace covey::micro
