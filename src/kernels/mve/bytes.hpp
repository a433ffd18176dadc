// Runs of bytes, sixteen at a time, the last ones under a tail predicate: nothing beyond `count` is
// read or written.
//
//   to = CopyBytes(from, to, 27);
//   CopyChunks<32>(from, to, 3);       // 16 bytes to `to`, to + 32, to + 64
//   int32_t sum = SumBytes(weights, 27);
//
// Source: Armv8-M Architecture Reference Manual, tail predicated low-overhead loops.
#pragma once

#include <cstdint>

#include "kernels/nibbles.hpp"

namespace covey::kernels::mve {

inline int8_t* CopyBytes(const int8_t* from, int8_t* to, int32_t count) {
  int8_t* const end = to + count;
  asm volatile(
      "wlstp.8 lr, %[count], 2f\n"
      "1:\n"
      "vldrb.8 q0, [%[from]], #16\n"
      "vstrb.8 q0, [%[to]], #16\n"
      "letp lr, 1b\n"
      "2:\n"
      : [from] "+r"(from), [to] "+r"(to)
      : [count] "r"(count)
      : "q0", "lr", "memory");
  return end;
}

inline int8_t* FillBytes(int8_t* to, int32_t value, int32_t count) {
  int8_t* const end = to + count;
  asm volatile(
      "vdup.8 q0, %[value]\n"
      "wlstp.8 lr, %[count], 2f\n"
      "1:\n"
      "vstrb.8 q0, [%[to]], #16\n"
      "letp lr, 1b\n"
      "2:\n"
      : [to] "+r"(to)
      : [count] "r"(count), [value] "r"(value)
      : "q0", "lr", "memory");
  return end;
}

// `rows` rows of `chunks` sixteen bytes, `gap` bytes apart, to every step-th byte.
template <int step>
inline void CopyRows(const int8_t* from, int8_t* to, int32_t rows, int32_t chunks, int32_t gap) {
  const int32_t threes = chunks % 3 == 0 ? chunks / 3 : 0;
  if (threes > 0) {
    asm volatile(
        "1:\n"
        "dls lr, %[threes]\n"
        "2:\n"
        "vldrb.8 q0, [%[from]], #16\n"
        "vstrb.8 q0, [%[to]], #%c[step]\n"
        "vldrb.8 q1, [%[from]], #16\n"
        "vstrb.8 q1, [%[to]], #%c[step]\n"
        "vldrb.8 q2, [%[from]], #16\n"
        "vstrb.8 q2, [%[to]], #%c[step]\n"
        "le lr, 2b\n"
        "add %[from], %[from], %[gap]\n"
        "subs %[rows], %[rows], #1\n"
        "bne 1b\n"
        : [from] "+r"(from), [to] "+r"(to), [rows] "+r"(rows)
        : [threes] "r"(threes), [gap] "r"(gap), [step] "i"(step)
        : "q0", "q1", "q2", "lr", "cc", "memory");
    return;
  }
  asm volatile(
      "1:\n"
      "dls lr, %[chunks]\n"
      "2:\n"
      "vldrb.8 q0, [%[from]], #16\n"
      "vstrb.8 q0, [%[to]], #%c[step]\n"
      "le lr, 2b\n"
      "add %[from], %[from], %[gap]\n"
      "subs %[rows], %[rows], #1\n"
      "bne 1b\n"
      : [from] "+r"(from), [to] "+r"(to), [rows] "+r"(rows)
      : [chunks] "r"(chunks), [gap] "r"(gap), [step] "i"(step)
      : "q0", "lr", "cc", "memory");
}

// Rows of at most sixteen bytes, one behind the other. Writes up to 16 bytes from the last one's
// begin.
inline void CopyShortRows(const int8_t* from, int8_t* to, int32_t rows, int32_t row, int32_t step) {
  asm volatile(
      "vctp.8 %[row]\n"
      "dls lr, %[rows]\n"
      "1:\n"
      "vpst\n"
      "vldrbt.u8 q0, [%[from]]\n"
      "vstrb.8 q0, [%[to]]\n"
      "add %[from], %[from], %[step]\n"
      "add %[to], %[to], %[row]\n"
      "le lr, 1b\n"
      : [from] "+r"(from), [to] "+r"(to)
      : [rows] "r"(rows), [row] "r"(row), [step] "r"(step)
      : "q0", "lr", "memory");
}

// Pairs of pixels, each a row of at most sixteen bytes, `step` apart: to `to`, `to + 16`, then
// `pair` bytes on.
inline void CopyPairs(const int8_t* from, int8_t* to, int32_t pairs, int32_t row, int32_t step,
                      int32_t pair) {
  asm volatile(
      "vctp.8 %[row]\n"
      "dls lr, %[pairs]\n"
      "1:\n"
      "vpst\n"
      "vldrbt.u8 q0, [%[from]]\n"
      "add %[from], %[from], %[step]\n"
      "vstrb.8 q0, [%[to]]\n"
      "vpst\n"
      "vldrbt.u8 q1, [%[from]]\n"
      "add %[from], %[from], %[step]\n"
      "vstrb.8 q1, [%[to], #16]\n"
      "add %[to], %[to], %[pair]\n"
      "le lr, 1b\n"
      : [from] "+r"(from), [to] "+r"(to)
      : [pairs] "r"(pairs), [row] "r"(row), [step] "r"(step), [pair] "r"(pair)
      : "q0", "q1", "lr", "memory");
}

// Pairs of pixels, each three rows of at most sixteen bytes, more than sixteen and at most 32 in
// all: through `gather`, which has room for 2 * row + 16 bytes, and 32. Not inlined: it takes
// nearly every register.
[[gnu::noinline]] inline void CopyPairsOfThree(const int8_t* from, int8_t* to, int32_t pairs,
                                               int32_t row, int32_t row_step, int32_t step,
                                               int8_t* gather) {
  const int8_t *second = from + row_step, *third = second + row_step;
#define COVEY_MVE_COPY_PIXEL(low, high) \
  "vpst\n"                              \
  "vldrbt.u8 q0, [%[first]]\n"          \
  "vstrb.8 q0, [%[at0]]\n"              \
  "vpst\n"                              \
  "vldrbt.u8 q1, [%[second]]\n"         \
  "vstrb.8 q1, [%[at1]]\n"              \
  "vpst\n"                              \
  "vldrbt.u8 q2, [%[third]]\n"          \
  "vstrb.8 q2, [%[at2]]\n"              \
  "add %[first], %[first], %[step]\n"   \
  "add %[second], %[second], %[step]\n" \
  "add %[third], %[third], %[step]\n"   \
  "vldrb.8 q0, [%[at0]]\n"              \
  "vldrb.8 q1, [%[at0], #16]\n"         \
  "vstrb.8 q0, [%[to], #" low           \
  "]\n"                                 \
  "vstrb.8 q1, [%[to], #" high "]\n"
  asm volatile(
      "vctp.8 %[row]\n"
      "dls lr, %[pairs]\n"
      "1:\n" COVEY_MVE_COPY_PIXEL("0", "32") COVEY_MVE_COPY_PIXEL("16", "48")
      "add %[to], %[to], #64\n"
      "le lr, 1b\n"
      : [first] "+r"(from), [second] "+r"(second), [third] "+r"(third), [to] "+r"(to)
      : [pairs] "r"(pairs), [row] "r"(row), [step] "r"(step), [at0] "r"(gather),
        [at1] "r"(gather + row), [at2] "r"(gather + 2 * row)
      : "q0", "q1", "q2", "lr", "memory");
#undef COVEY_MVE_COPY_PIXEL
}

// `step`: bytes from chunk to chunk in `to`.
template <int step>
inline int8_t* CopyChunks(const int8_t* from, int8_t* to, int32_t chunks) {
  asm volatile(
      "wls lr, %[chunks], 2f\n"
      "1:\n"
      "vldrb.8 q0, [%[from]], #16\n"
      "vstrb.8 q0, [%[to]], #%c[step]\n"
      "le lr, 1b\n"
      "2:\n"
      : [from] "+r"(from), [to] "+r"(to)
      : [chunks] "r"(chunks), [step] "i"(step)
      : "q0", "lr", "memory");
  return to;
}

template <int step>
inline int8_t* FillChunks(int8_t* to, int32_t value, int32_t chunks) {
  asm volatile(
      "vdup.8 q0, %[value]\n"
      "wls lr, %[chunks], 2f\n"
      "1:\n"
      "vstrb.8 q0, [%[to]], #%c[step]\n"
      "le lr, 1b\n"
      "2:\n"
      : [to] "+r"(to)
      : [chunks] "r"(chunks), [step] "i"(step), [value] "r"(value)
      : "q0", "lr", "memory");
  return to;
}

inline int32_t SumBytes(const int8_t* from, int32_t count) {
  register int32_t sum asm("r2") = 0;  // the instruction takes even registers only
  asm volatile(
      "wlstp.8 lr, %[count], 2f\n"
      "1:\n"
      "vldrb.8 q0, [%[from]], #16\n"
      "vaddva.s8 %[sum], q0\n"
      "letp lr, 1b\n"
      "2:\n"
      : [from] "+r"(from), [sum] "+r"(sum)
      : [count] "r"(count)
      : "q0", "lr", "memory");
  return sum;
}

// Rows of int4 (kernels/nibbles.hpp), 32 weights at a time: the halves of sixteen bytes go to memory
// four bytes by four. Writes up to the next multiple of 8.
inline void UnpackNarrow(const uint8_t* from, int32_t terms, int8_t* to) {
  for (; terms >= 32; terms -= 32, from += 16, to += 32)
    asm volatile(
        "vldrb.8 q1, [%[from]]\n"
        "vshl.i8 q0, q1, #4\n"
        "vshr.s8 q0, q0, #4\n"
        "vshr.s8 q1, q1, #4\n"
        "vst20.32 {q0, q1}, [%[to]]\n"
        "vst21.32 {q0, q1}, [%[to]]\n"
        :
        : [from] "r"(from), [to] "r"(to)
        : "q0", "q1", "memory");
  UnpackWords(from, (terms + 7) / 8, to);
}

}  // namespace covey::kernels::mve
