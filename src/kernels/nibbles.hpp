// Weights of four bits (DType::kInt4), as they lie in an image: each row, which is what one output
// multiplies, in memory's order, eight weights to a word, so that four bytes come out at once.
//
//   byte i of a word:   weight i in its low half, weight i + 4 in its high half,  i = 0..3
//
//   UnpackRow(RowOf(op.input[1], output), terms, to);   // int8
//   int32_t w = Nibble(row, i);                         // one
//
// Two's complement, -8 to 7. A row is filled up with zeros to whole words.
#pragma once

#include <cstdint>

#include "core/tensor.hpp"

namespace covey::kernels {

// Four nibbles, 0 to 15 each in a byte, to four int8: (x ^ 8) - 8 without a borrow between bytes.
constexpr uint32_t SignedNibbles(uint32_t bytes) {
  return ((bytes ^ 0x88888888U) - 0x08080808U) ^ 0x80808080U;
}
constexpr uint32_t LowNibbles(uint32_t word) { return SignedNibbles(word & 0x0F0F0F0FU); }
constexpr uint32_t HighNibbles(uint32_t word) { return SignedNibbles(word >> 4 & 0x0F0F0F0FU); }

// Terms of a row of int4 weights.
inline int32_t RowTerms(const TensorView& weights) {
  int32_t terms = 1;
  for (size_t i = 1; i < weights.dims.size(); ++i) terms *= weights.dims[i];
  return terms;
}
inline const uint8_t* RowOf(const TensorView& weights, int32_t row) {
  return weights.as<uint8_t>() + row * Int4RowBytes(RowTerms(weights));
}

constexpr int32_t Nibble(const uint8_t* row, int32_t i) {
  const int32_t byte = row[i / 8 * 4 + i % 4];
  return (((i % 8 < 4 ? byte : byte >> 4) & 15) ^ 8) - 8;
}

// Whole words: 8 * words values. Rows and what they go to begin at 4-byte boundaries.
inline void UnpackWords(const uint8_t* row, int32_t words, int8_t* to) {
  for (; words > 0; --words, row += 4, to += 8) {
    uint32_t word;
    __builtin_memcpy(&word, __builtin_assume_aligned(row, 4), 4);
    const uint32_t low = LowNibbles(word), high = HighNibbles(word);
    __builtin_memcpy(__builtin_assume_aligned(to, 4), &low, 4);
    __builtin_memcpy(__builtin_assume_aligned(to + 4, 4), &high, 4);
  }
}
[[gnu::noinline]] inline void UnpackRow(const uint8_t* row, int32_t terms, int8_t* to) {
  UnpackWords(row, terms / 8, to);
  for (int32_t i = terms / 8 * 8; i < terms; ++i) to[i] = static_cast<int8_t>(Nibble(row, i));
}

}  // namespace covey::kernels
