// WinogradDot is the inner loop of winograd.hpp: four output channels by four tiles, for each of
// the sixteen places of a tile.
//
//   m[p][k][t] = sum over c of u[p][c][k] * v[p][c][t],   p = 0..15, k and t = 0..3, modulo 2^32
//
// 83 instructions for 32 products. `channels` is even, at least 2.
#pragma once

#include <cstdint>

namespace covey::kernels::rv32 {

extern "C" void covey_rv32_winograd_dot(const int16_t* u, const int16_t* v, int32_t channels,
                                        int32_t* m);

}  // namespace covey::kernels::rv32
