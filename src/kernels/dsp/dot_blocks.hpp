// DotBlocks is the inner loop of fully_connected on weights in blocks (kernels/weight_blocks.hpp):
// four outputs of one input vector, 16 instructions for 16 products. One SMLAD on bytes as they
// stand multiplies two outputs at once; a second one, on the even output's bytes alone, parts them.
//
//   sums[i] += sum over k of (x[k] + offset) * w[i][k],  i = 0..3
//
// Shapes: 4 * groups values, groups 1 to kMostBlockGroups; beyond it B of A + 256 B could leave the
// upper 24 bits of a sum.
#pragma once

#include <cstdint>

namespace covey::kernels::dsp {

inline constexpr int32_t kMostBlockGroups = 64;  // 256 * 255 * 128 < 2^23

struct BlockColumn {
  const int8_t* x;
  uint32_t offset;  // a pair
  int32_t groups;
};

extern "C" void covey_dsp_dot_blocks(const BlockColumn* column, const int8_t* weights,
                                     int32_t* sums);

}  // namespace covey::kernels::dsp
