// Widening: int8 to pairs of int16, four values (one group) to two words. Activations and weights
// use the same order, (0,2) then (1,3), as SXTB16 gives it: a sum of products does not mind.
//
//   WidenGroups<8>(pixels, to, groups, Pair(input_offset));   // the two words 16 bytes apart
#pragma once

#include "kernels/dsp/simd.hpp"

namespace covey::kernels::dsp {

constexpr int32_t GroupsOf(int32_t terms) { return (terms + 3) / 4; }

// `step`: words from group to group; a group's second word lies step / 2 behind its first.
template <int step>
uint32_t* WidenGroups(const int8_t* from, uint32_t* to, int32_t groups, uint32_t offset) {
  const auto one = [&](int i) {
    const uint32_t word = LoadWord(from + 4 * i);
    to[i * step] = WidenEven(offset, word);
    to[i * step + step / 2] = WidenOdd(offset, word);
  };
  for (; groups >= 4; groups -= 4, from += 16, to += 4 * step) one(0), one(1), one(2), one(3);
  for (; groups > 0; --groups, from += 4, to += step) one(0);
  return to;
}

template <int step>
uint32_t* ZeroGroups(uint32_t* to, int32_t groups) {
  for (; groups > 0; --groups, to += step) to[0] = to[step / 2] = 0;
  return to;
}

// The last 1 to 3 bytes, zeros behind them.
inline uint32_t LoadTail(const int8_t* from, int32_t count) {
  uint32_t word = 0;
  for (int32_t i = 0; i < count; ++i)
    word |= static_cast<uint32_t>(static_cast<uint8_t>(from[i])) << (8 * i);
  return word;
}

// The weights of two output channels side by side: each group as even of a, of b, odd of a, of b.
inline void WidenTwo(const int8_t* a, const int8_t* b, uint32_t* to, int32_t terms) {
  const auto put = [&](uint32_t word_a, uint32_t word_b) {
    to[0] = WidenEven(word_a), to[1] = WidenEven(word_b);
    to[2] = WidenOdd(word_a), to[3] = WidenOdd(word_b);
    to += 4;
  };
  int32_t groups = terms / 4;
  for (; groups >= 2; groups -= 2, a += 8, b += 8) {
    put(LoadWord(a), LoadWord(b));
    put(LoadWord(a + 4), LoadWord(b + 4));
  }
  for (; groups > 0; --groups, a += 4, b += 4) put(LoadWord(a), LoadWord(b));
  if (terms % 4 != 0) put(LoadTail(a, terms % 4), LoadTail(b, terms % 4));
}

}  // namespace covey::kernels::dsp
