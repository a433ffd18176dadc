// The DSP instructions of Armv7E-M and Armv8-M that the kernels are made of, one function each, and
// loads from any address.
//
//   uint32_t even = WidenEven(offset, LoadWord(bytes));  // bytes 0 and 2 as int16, offset added
//   uint32_t odd = WidenOdd(offset, LoadWord(bytes));    // bytes 1 and 3
//   sum = DualMac(odd, weights_odd, DualMac(even, weights_even, sum));
//
// A pair is two int16 in one word, the first in the lower half. Inline assembly, since the
// compiler's intrinsics model a flag that nobody reads.
// Source: Armv7-M Architecture Reference Manual, chapter A7.7.
#pragma once

#include <cstdint>

namespace covey::kernels::dsp {

inline uint32_t LoadWord(const int8_t* from) {
  uint32_t word;
  __builtin_memcpy(&word, from, sizeof(word));
  return word;
}

constexpr uint32_t Pair(int32_t value) { return (static_cast<uint32_t>(value) & 0xFFFF) * 0x10001; }

inline uint32_t WidenEven(uint32_t word) {
  uint32_t pair;
  asm("sxtb16 %0, %1" : "=r"(pair) : "r"(word));
  return pair;
}
inline uint32_t WidenOdd(uint32_t word) {
  uint32_t pair;
  asm("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
  return pair;
}
inline uint32_t WidenEven(uint32_t offset, uint32_t word) {
  uint32_t pair;
  asm("sxtab16 %0, %1, %2" : "=r"(pair) : "r"(offset), "r"(word));
  return pair;
}
inline uint32_t WidenOdd(uint32_t offset, uint32_t word) {
  uint32_t pair;
  asm("sxtab16 %0, %1, %2, ror #8" : "=r"(pair) : "r"(offset), "r"(word));
  return pair;
}

// The lower halves of a and b side by side, and the upper ones.
inline uint32_t PackLow(uint32_t a, uint32_t b) {
  uint32_t pair;
  asm("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(a), "r"(b));
  return pair;
}
inline uint32_t PackHigh(uint32_t a, uint32_t b) {
  uint32_t pair;
  asm("pkhtb %0, %1, %2, asr #16" : "=r"(pair) : "r"(b), "r"(a));
  return pair;
}

inline int32_t LowMul(uint32_t a, uint32_t b) {
  int32_t result;
  asm("smulbb %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
}
inline int32_t HighMul(uint32_t a, uint32_t b) {
  int32_t result;
  asm("smultt %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
}

// sum + a.low * b.low + a.high * b.high, modulo 2^32.
inline int32_t DualMac(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  asm("smlad %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}
inline int32_t LowMac(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  asm("smlabb %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}
inline int32_t HighMac(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  asm("smlatt %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

// sum + a.high * b.low, and sum + a.low * b.high.
inline int32_t HighLowMac(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  asm("smlatb %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}
inline int32_t LowHighMac(uint32_t a, uint32_t b, int32_t sum) {
  int32_t result;
  asm("smlabt %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
  return result;
}

// (a * b + 2^31) / 2^32, rounded down.
inline int32_t HighMulRounded(int32_t a, int32_t b) {
  int32_t result;
  asm("smmulr %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
  return result;
}

// c + a * b / 2^32, halves rounded up.
inline int32_t HighMacRounded(int32_t a, int32_t b, int32_t c) {
  int32_t result;
  asm("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(c));
  return result;
}

// The larger of each of four signed bytes.
inline uint32_t LargerBytes(uint32_t a, uint32_t b) {
  uint32_t larger;
  asm("ssub8 %0, %1, %2\n sel %0, %1, %2" : "=&r"(larger) : "r"(a), "r"(b) : "cc");
  return larger;
}

inline int32_t Saturate8(int32_t value) {
  int32_t result;
  asm("ssat %0, #8, %1" : "=r"(result) : "r"(value));
  return result;
}

}  // namespace covey::kernels::dsp
