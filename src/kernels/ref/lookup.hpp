// A function of an int16 as 512 straight pieces: entry i is its value where piece i begins, the
// last entry where the last one ends.
#pragma once

#include <cstdint>

namespace covey::kernels::ref {

inline constexpr int32_t kLookupWords = 257;  // 513 entries, two a word, the first lowest

// Entry i of tables that lie in params.
inline int32_t HalfWord(const int32_t* words, int32_t i) {
  return static_cast<int16_t>(static_cast<uint32_t>(words[i / 2]) >> (i % 2 * 16));
}

inline int32_t LookUp(const int32_t* table, int32_t value) {
  const int32_t piece = 256 + (value >> 7);
  const int32_t begin = HalfWord(table, piece), end = HalfWord(table, piece + 1);
  return static_cast<int16_t>(begin + (((end - begin) * (value & 127) + 64) >> 7));
}

}  // namespace covey::kernels::ref
