// Logistic and tanh of int16: a table of the logistic function at steps of 1/24, straight lines
// between its entries.
#pragma once

#include <cstdint>

namespace covey::kernels::ref {

inline constexpr int32_t kSigmoidWords = 128;  // 256 entries in 1/65536, two a word, first lowest

inline uint32_t SigmoidEntry(const int32_t* words, uint32_t i) {
  return static_cast<uint32_t>(words[i / 2]) >> (i % 2 * 16) & 0xFFFF;
}

// x in steps of 1/12288, the result in 1/32768.
inline int32_t WideLogistic(const int32_t* table, int32_t x) {
  const auto magnitude = static_cast<uint32_t>(x < 0 ? -x : x);
  const uint32_t entry = magnitude >> 9;
  uint32_t value = 0x7FFFU << 10;
  if (entry < 255) {
    const uint32_t begin = SigmoidEntry(table, entry), end = SigmoidEntry(table, entry + 1);
    value = (begin << 9) + (magnitude & 0x1FF) * (end - begin);
  }
  value = x >= 0 ? value + (1 << 9) : (1U << 25) - value + (1 << 9) - 1;
  return static_cast<int32_t>(value >> 10);
}

// The same steps: tanh(x) = 2 logistic(2x) - 1.
inline int32_t WideTanh(const int32_t* table, int32_t x) {
  const auto magnitude = static_cast<uint32_t>(x < 0 ? -x : x);
  const uint32_t entry = magnitude >> 8;
  int32_t value = 0xFFFF << 8;
  if (entry < 255) {
    const uint32_t begin = SigmoidEntry(table, entry), end = SigmoidEntry(table, entry + 1);
    value = static_cast<int32_t>((begin << 8) + (magnitude & 0xFF) * (end - begin));
  }
  value = x >= 0 ? value - (1 << 23) + (1 << 7) : -value + (1 << 23) + (1 << 7) - 1;
  return value >> 8;
}

}  // namespace covey::kernels::ref
