#include "kernels/dsp/dot_pairs.hpp"

#include "kernels/dsp/simd.hpp"

namespace covey::kernels::dsp {

int32_t ListInputs(const int8_t* in, int32_t inputs, int32_t offset, InputPair* list) {
  const uint32_t pair = Pair(offset);
  InputPair* to = list;
  uint32_t at = 0;
  for (const int8_t* const end = in + inputs; in != end; in += 4, at += 32) {
    const uint32_t word = LoadWord(in);
    const uint32_t even = WidenEven(pair, word), odd = WidenOdd(pair, word);
    *to = {at, even};
    if (even != 0) ++to;
    *to = {at + 16, odd};
    if (odd != 0) ++to;
  }
  return static_cast<int32_t>(to - list);
}

// r0 list, r1 weights; r2 those of the two inputs, r3 x; r4, r6, r8, r10 both outputs of a pair, r5,
// r7, r9, r11 the even one; r12 and lr weights; the list's end on the stack.
#define COVEY_DSP_PAIR_WORD(w, both, even) \
  "smlad " both ", r3, " w ", " both       \
  "\n"                                     \
  "sxtb16 " w ", " w                       \
  "\n"                                     \
  "smlad " even ", r3, " w ", " even "\n"
#define COVEY_DSP_PAIR                                                                    \
  "ldm r0!, {r2, r3}\n"                                                                   \
  "add r2, r2, r1\n"                                                                      \
  "ldrd r12, lr, [r2]\n" COVEY_DSP_PAIR_WORD("r12", "r4", "r5") COVEY_DSP_PAIR_WORD(      \
      "lr", "r6", "r7") "ldrd r12, lr, [r2, #8]\n" COVEY_DSP_PAIR_WORD("r12", "r8", "r9") \
      COVEY_DSP_PAIR_WORD("lr", "r10", "r11")

// clang-format off
extern "C" __attribute__((naked)) void covey_dsp_dot_pairs(const InputPair*, const int8_t*,
                                                           int32_t*, int32_t) {
  asm volatile(
      "push {r2, r4-r11, lr}\n"
      "add r12, r0, r3, lsl #3\n"
      "push {r12}\n"
      "mov r4, #0\n mov r5, #0\n mov r6, #0\n mov r7, #0\n"
      "mov r8, #0\n mov r9, #0\n mov r10, #0\n mov r11, #0\n"
      "ands r3, r3, #3\n"  // by fours; what is over first
      "beq 4f\n"
      "cmp r3, #2\n"
      "blo 1f\n"
      "beq 2f\n"
      "b 3f\n"
      "4:\n" COVEY_DSP_PAIR
      "3:\n" COVEY_DSP_PAIR
      "2:\n" COVEY_DSP_PAIR
      "1:\n" COVEY_DSP_PAIR
      "ldr r12, [sp]\n"
      "cmp r0, r12\n"
      "bne 4b\n"
      "add sp, #4\n"
      "pop {r0}\n"
      "ldm r0, {r1, r2, r3, r12}\n"
      "sub r4, r4, r5\n"
      "sub r6, r6, r7\n"
      "add r1, r1, r5\n"
      "add r2, r2, r4, asr #8\n"
      "add r3, r3, r7\n"
      "add r12, r12, r6, asr #8\n"
      "stm r0!, {r1, r2, r3, r12}\n"
      "ldm r0, {r1, r2, r3, r12}\n"
      "sub r8, r8, r9\n"
      "sub r10, r10, r11\n"
      "add r1, r1, r9\n"
      "add r2, r2, r8, asr #8\n"
      "add r3, r3, r11\n"
      "add r12, r12, r10, asr #8\n"
      "stm r0, {r1, r2, r3, r12}\n"
      "pop {r4-r11, pc}\n");
}
// clang-format on

}  // namespace covey::kernels::dsp
