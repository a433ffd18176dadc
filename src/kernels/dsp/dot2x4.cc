#include "kernels/dsp/dot2x4.hpp"

namespace covey::kernels::dsp {

// Sixteen products: two words of weights (r2, r3), four of pixels (r12, lr, twice). 44 bytes.
#define COVEY_DSP_STEP        \
  "ldrd r2, r3, [r1], #8\n"   \
  "ldrd r12, lr, [r0], #8\n"  \
  "smlad r4, r12, r2, r4\n"   \
  "smlad r8, r12, r3, r8\n"   \
  "smlad r5, lr, r2, r5\n"    \
  "smlad r9, lr, r3, r9\n"    \
  "ldrd r12, lr, [r0], #8\n"  \
  "smlad r6, r12, r2, r6\n"   \
  "smlad r10, r12, r3, r10\n" \
  "smlad r7, lr, r2, r7\n"    \
  "smlad r11, lr, r3, r11\n"

// The offsets into the frame below are those of TwoByFour; `skip` and `ending` become addresses.
static_assert(sizeof(void*) != 4 || __builtin_offsetof(TwoByFour, w) == 8);
static_assert(sizeof(void*) != 4 || __builtin_offsetof(TwoByFour, x_end) == 20);
static_assert(sizeof(void*) != 4 || __builtin_offsetof(TwoByFour, multiplier_a) == 24);
static_assert(sizeof(void*) != 4 || __builtin_offsetof(TwoByFour, offset) == 40);
static_assert(sizeof(void*) != 4 || __builtin_offsetof(TwoByFour, ending) == 52);

#define COVEY_DSP_EACH(macro, a, b, c, d) macro(a) macro(b) macro(c) macro(d)
// r1 multiplier, r2 power, r3 zero point.
#define COVEY_DSP_SCALE(sum) "smmlar " sum ", " sum ", r1, " sum "\n"
#define COVEY_DSP_SIGN(sum) "add " sum ", " sum ", " sum ", asr #31\n"
#define COVEY_DSP_SHIFT(sum) "smmlar " sum ", " sum ", r2, r3\n"
#define COVEY_DSP_SATURATE(sum) "ssat " sum ", #8, " sum "\n"
#define COVEY_DSP_PLAIN(sum)
#define COVEY_DSP_FINISH(sign)                                                                    \
  "ldrd r1, r2, [sp, #24]\n"                                                                      \
  "ldr r3, [sp, #40]\n" COVEY_DSP_EACH(COVEY_DSP_SCALE, "r4", "r5", "r6", "r7") COVEY_DSP_EACH(   \
      sign, "r4", "r5", "r6", "r7") COVEY_DSP_EACH(COVEY_DSP_SHIFT, "r4", "r5", "r6", "r7")       \
      COVEY_DSP_EACH(COVEY_DSP_SATURATE, "r4", "r5", "r6",                                        \
                     "r7") "ldrd r1, r2, [sp, #32]\n" COVEY_DSP_EACH(COVEY_DSP_SCALE, "r8", "r9", \
                                                                     "r10", "r11")                \
          COVEY_DSP_EACH(sign, "r8", "r9", "r10", "r11")                                          \
              COVEY_DSP_EACH(COVEY_DSP_SHIFT, "r8", "r9", "r10", "r11")                           \
                  COVEY_DSP_EACH(COVEY_DSP_SATURATE, "r8", "r9", "r10", "r11")

// clang-format off
extern "C" __attribute__((naked)) void covey_dsp_dot2x4(const TwoByFour*) {
  asm volatile(
      "push {r4-r11, lr}\n"
      "sub sp, #68\n"  // the frame, and a word so that sp stays a multiple of 8
      "mov r9, sp\n"
      "ldm r0!, {r1-r8}\n"
      "stm r9!, {r1-r8}\n"
      "ldm r0, {r1-r8}\n"
      "stm r9, {r1-r8}\n"
      "mov r0, r7\n"
      "ldr r3, [sp, #12]\n"
      "adr.w r2, 1f\n"
      "add r2, r2, r3\n"
      "add r2, r2, #1\n"  // Thumb
      "str r2, [sp, #12]\n"
      "adr.w r2, 4f\n"
      "cmp r6, #1\n"
      "it eq\n"
      "adreq.w r2, 5f\n"
      "it hi\n"
      "adrhi.w r2, 7f\n"
      "add r2, r2, #1\n"
      "str r2, [sp, #52]\n"
      "2:\n"  // a quad; the first turn enters the loop where the rest of steps / 8 begins
      "ldrd r4, r8, [sp]\n"
      "ldrd r1, r2, [sp, #8]\n"
      "mov r5, r4\n mov r6, r4\n mov r7, r4\n"
      "mov r9, r8\n mov r10, r8\n mov r11, r8\n"
      "bx r2\n"
      ".balign 4\n"
      "1:\n"
      COVEY_DSP_STEP COVEY_DSP_STEP COVEY_DSP_STEP COVEY_DSP_STEP
      COVEY_DSP_STEP COVEY_DSP_STEP COVEY_DSP_STEP COVEY_DSP_STEP
      "ldr r2, [sp, #16]\n"
      "cmp r1, r2\n"
      "bne 1b\n"
      "ldr pc, [sp, #52]\n"
      "5:\n"
      COVEY_DSP_FINISH(COVEY_DSP_SIGN)
      "b 6f\n"
      "4:\n"
      COVEY_DSP_FINISH(COVEY_DSP_PLAIN)
      "6:\n"
      "ldrd r2, r3, [sp, #44]\n"
      "ldr r1, [sp, #20]\n"
      "bfi r4, r8, #8, #8\n bfi r5, r9, #8, #8\n"
      "bfi r6, r10, #8, #8\n bfi r7, r11, #8, #8\n"
      "strh r4, [r2]\n"
      "strh r5, [r2, r3]\n"
      "add r2, r2, r3, lsl #1\n"
      "strh r6, [r2]\n"
      "strh r7, [r2, r3]\n"
      "add r2, r2, r3, lsl #1\n"
      "str r2, [sp, #44]\n"
      "cmp r0, r1\n"
      "bne 2b\n"
      "b 8f\n"
      "7:\n"
      "ldr r1, [sp, #60]\n"
      "stm r1, {r4-r11}\n"
      "8:\n"
      "add sp, #68\n"
      "pop {r4-r11, pc}\n");
}
// clang-format on

}  // namespace covey::kernels::dsp
