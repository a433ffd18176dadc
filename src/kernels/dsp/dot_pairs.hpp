// DotPairs is the inner loop of fully_connected on weights in pairs (kernels/weight_blocks.hpp):
// eight outputs of one input vector, of which a list holds the twos that are not both zero.
//
//   InputPair list[kInputs / 2];
//   const int32_t kept = ListInputs(in, inputs, offset, list);   // once for all outputs
//   covey_dsp_dot_pairs(list, weights, sums, kept);              // for each eight
//   sums[i] += sum over the list of x * w[i],  i = 0..7
//
// Seventeen instructions for two inputs by eight outputs, as many as the loop over blocks takes for
// four by four: what is not in the list is saved, the list itself is made with some four
// instructions an input.
//
// Shapes: inputs a multiple of 4; 1 to kMostInputPairs of the list at a time; beyond that B of A +
// 256 B could leave the upper 24 bits of a sum.
#pragma once

#include <cstdint>

namespace covey::kernels::dsp {

inline constexpr int32_t kMostInputPairs = 128;  // 256 * 255 * 128 < 2^23

struct InputPair {
  uint32_t at;  // where their weights lie among the eight outputs'
  uint32_t x;   // two int16, the input's zero point taken off
};

// Returns how many it kept; writes no further than inputs / 2.
int32_t ListInputs(const int8_t* in, int32_t inputs, int32_t offset, InputPair* list);

extern "C" void covey_dsp_dot_pairs(const InputPair* list, const int8_t* weights, int32_t* sums,
                                    int32_t count);

}  // namespace covey::kernels::dsp
