#include "kernels/dsp/widen.hpp"

#include "kernels/nibbles.hpp"
#include "kernels/skip_list.hpp"

namespace covey::kernels::dsp {

static_assert(__builtin_offsetof(QuadLayout, offset) == 24);

// r0 from, r1 pixel step, r2 three of them, r3 to, r4 to r7 words, r8 to r11 pairs, r12 offset,
// lr words left. On the stack: rows left, then the address of the layout.
#define COVEY_DSP_LOAD_FOUR    \
  "ldr r5, [r0, r1]\n"         \
  "ldr r6, [r0, r1, lsl #1]\n" \
  "ldr r7, [r0, r2]\n"         \
  "ldr r4, [r0], #4\n"
#define COVEY_DSP_EVEN_FOUR \
  "sxtab16 r8, r12, r4\n"   \
  "sxtab16 r9, r12, r5\n"   \
  "sxtab16 r10, r12, r6\n"  \
  "sxtab16 r11, r12, r7\n"  \
  "stm r3!, {r8-r11}\n"
#define COVEY_DSP_ODD_FOUR        \
  "sxtab16 r4, r12, r4, ror #8\n" \
  "sxtab16 r5, r12, r5, ror #8\n" \
  "sxtab16 r6, r12, r6, ror #8\n" \
  "sxtab16 r7, r12, r7, ror #8\n" \
  "stm r3!, {r4-r7}\n"

// clang-format off
extern "C" __attribute__((naked)) void covey_dsp_widen_quad(const int8_t*, uint32_t*,
                                                            const QuadLayout*) {
  asm volatile(
      "push {r2, r4-r11, lr}\n"
      "mov r3, r1\n"
      "ldr r12, [r2, #24]\n"
      "ldr r1, [r2]\n"
      "ldr r4, [r2, #8]\n"
      "push {r4}\n"
      "add r2, r1, r1, lsl #1\n"
      "1:\n"
      "ldr r4, [sp, #4]\n"
      "ldr lr, [r4, #4]\n"
      "2:\n"
      COVEY_DSP_LOAD_FOUR COVEY_DSP_EVEN_FOUR COVEY_DSP_ODD_FOUR
      "subs lr, lr, #1\n"
      "bne 2b\n"
      "ldr r4, [sp, #4]\n"
      "ldrd r8, r9, [r4, #16]\n"
      "cmp r9, #32\n"
      "beq 3f\n"
      "sub r0, r0, r8\n"
      COVEY_DSP_LOAD_FOUR
      "lsr r4, r4, r9\n lsr r5, r5, r9\n lsr r6, r6, r9\n lsr r7, r7, r9\n"
      "mov lr, r9\n"
      COVEY_DSP_EVEN_FOUR
      "cmp lr, #24\n"
      "beq 3f\n"
      COVEY_DSP_ODD_FOUR
      "3:\n"
      "ldr r4, [sp, #4]\n"
      "ldr r5, [sp]\n"
      "ldr r4, [r4, #12]\n"
      "subs r5, r5, #1\n"
      "str r5, [sp]\n"
      "add r0, r0, r4\n"
      "bne 1b\n"
      "pop {r1, r2, r4-r11, pc}\n");
}
// clang-format on

uint32_t* WidenRow(const int8_t* from, const Steps& steps, uint32_t offset, uint32_t* to) {
  for (int32_t words = steps.row_bytes / 4; words > 0; --words, from += 4, to += 8) {
    const uint32_t word = LoadWord(from);
    to[0] = WidenEven(offset, word), to[4] = WidenOdd(offset, word);
  }
  if (steps.tail() == 0) return to;
  const uint32_t word = LoadTail(from, steps.tail());
  to[0] = WidenEven(offset, word);
  if (steps.tail() == 1) return to + 4;
  to[4] = WidenOdd(offset, word);
  return to + 8;
}

uint32_t* ZeroRow(const Steps& steps, uint32_t* to) {
  for (int32_t i = steps.row_steps; i > 0; --i, to += 4) *to = 0;
  return to;
}

void WidenTwo(const int8_t* a, const int8_t* b, const Steps& steps, uint32_t* to) {
  for (int32_t row = steps.rows; row > 0; --row) {
    for (int32_t words = steps.row_bytes / 4; words > 0; --words, a += 4, b += 4, to += 4) {
      const uint32_t word_a = LoadWord(a), word_b = LoadWord(b);
      to[0] = WidenEven(word_a), to[1] = WidenEven(word_b);
      to[2] = WidenOdd(word_a), to[3] = WidenOdd(word_b);
    }
    const int32_t tail = steps.tail();
    if (tail == 0) continue;
    const uint32_t word_a = LoadTail(a, tail), word_b = LoadTail(b, tail);
    a += tail, b += tail;
    to[0] = WidenEven(word_a), to[1] = WidenEven(word_b);
    to += 2;
    if (tail == 1) continue;
    to[0] = WidenOdd(word_a), to[1] = WidenOdd(word_b);
    to += 2;
  }
}

namespace {

// Four weights of a row, from a multiple of four on.
uint32_t FourNarrow(const uint8_t* row, int32_t at) {
  uint32_t word;
  __builtin_memcpy(&word, row + at / 8 * 4, 4);
  return SignedNibbles(word >> at % 8 & 0x0F0F0F0FU);
}
// Up to four from anywhere on, zeros behind them.
uint32_t SomeNarrow(const uint8_t* row, int32_t at, int32_t count) {
  uint32_t word = 0;
  for (int32_t i = 0; i < count; ++i)
    word |= (static_cast<uint32_t>(Nibble(row, at + i)) & 0xFF) << 8 * i;
  return word;
}

}  // namespace

void WidenTwoNarrow(const uint8_t* a, const uint8_t* b, const Steps& steps, uint32_t* to) {
  int32_t at = 0;
  if (steps.tail() == 0) {
    for (int32_t words = steps.rows * (steps.row_bytes / 4); words > 0; --words, at += 4, to += 4) {
      const uint32_t word_a = FourNarrow(a, at), word_b = FourNarrow(b, at);
      to[0] = WidenEven(word_a), to[1] = WidenEven(word_b);
      to[2] = WidenOdd(word_a), to[3] = WidenOdd(word_b);
    }
    return;
  }
  for (int32_t row = steps.rows; row > 0; --row)
    for (int32_t left = steps.row_bytes; left > 0; left -= 4) {
      const int32_t count = left < 4 ? left : 4;
      const uint32_t word_a = SomeNarrow(a, at, count), word_b = SomeNarrow(b, at, count);
      at += count;
      to[0] = WidenEven(word_a), to[1] = WidenEven(word_b);
      to += 2;
      if (count == 1) continue;
      to[0] = WidenOdd(word_a), to[1] = WidenOdd(word_b);
      to += 2;
    }
}

namespace {

// Takes steps one by one and writes the list of those that are not zero.
class ListWriter {
 public:
  explicit ListWriter(uint32_t* to) : code_(to), to_(to + 1) {}

  void Add(uint32_t a, uint32_t b) {
    const bool kept = (a | b) != 0;
    if (bit_ == 1) {
      zero_a_ = a, zero_b_ = b;
    } else if (kept) {
      to_[0] = a, to_[1] = b;
      to_ += 2;
    }
    if (kept) mask_ += bit_;
    bit_ *= 2;
    if (bit_ == kSkipMasks) Close();
  }
  void End() {
    if (bit_ != 1) Close();
    *code_ = kSkipEnd;
  }

 private:
  // The group's step 0 goes last.
  void Close() {
    if (mask_ % 2 != 0) {
      to_[0] = zero_a_, to_[1] = zero_b_;
      to_ += 2;
    }
    *code_ = kSkipGroup + mask_;
    code_ = to_++;
    mask_ = 0, bit_ = 1;
  }

  uint32_t* code_;
  uint32_t* to_;
  uint32_t mask_ = 0, bit_ = 1;
  uint32_t zero_a_ = 0, zero_b_ = 0;
};

}  // namespace

void ListTwo(const int8_t* a, const int8_t* b, const Steps& steps, uint32_t* to) {
  ListWriter list(to);
  for (int32_t row = steps.rows; row > 0; --row) {
    for (int32_t words = steps.row_bytes / 4; words > 0; --words, a += 4, b += 4) {
      const uint32_t word_a = LoadWord(a), word_b = LoadWord(b);
      list.Add(WidenEven(word_a), WidenEven(word_b));
      list.Add(WidenOdd(word_a), WidenOdd(word_b));
    }
    const int32_t tail = steps.tail();
    if (tail == 0) continue;
    const uint32_t word_a = LoadTail(a, tail), word_b = LoadTail(b, tail);
    a += tail, b += tail;
    list.Add(WidenEven(word_a), WidenEven(word_b));
    if (tail > 1) list.Add(WidenOdd(word_a), WidenOdd(word_b));
  }
  list.End();
}

}  // namespace covey::kernels::dsp
