// Depthwise3x3 finishes a run of bytes of a depthwise 3x3 convolution, sixteen at a time.
//
//   out[i] = finish(sum over ky, kx of rows[ky][i + kx * step] * weight[ky][kx][channel of i])
//
// Products of two bytes fit int16, and so do sums of two products unless all four bytes are -128:
// taps go by twos in int16 lanes (VMULLB, VMULLT), then into four sums of int32 lanes:
//
//   sum 0: bytes 0, 4, 8, 12   sum 1: bytes 2, 6, 10, 14   sum 2: 1, 5, 9, 13   sum 3: 3, 7, 11, 15
//
// Memory: reads 16 bytes at a time, up to 15 behind the last; writes `count` bytes.
// Exact: as ref/channel.hpp for shifts of -31..-1 and no two -128 in one lane of a pair of taps.
#pragma once

#include <cstdint>

namespace covey::kernels::mve {

// What sixteen neighbouring bytes of the output need: weights as [tap][16], then for each of the
// four sums bias (with the input's offset in it), multiplier and shift of its four lanes.
struct Depthwise3x3 {
  const int8_t* rows[3];
  int32_t step;
  const int8_t* block;      // of the first sixteen bytes
  const int8_t* block_end;  // behind the last, the first comes again
  int32_t back;             // block_end - the first block
  int8_t* out;
  int32_t offset, least, most;  // of the output
  int32_t count;
};
extern "C" void covey_mve_depthwise3x3(const Depthwise3x3* job);

}  // namespace covey::kernels::mve
