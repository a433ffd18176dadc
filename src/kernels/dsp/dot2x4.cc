#include "kernels/dsp/dot2x4.hpp"

namespace covey::kernels::dsp {

// Sixteen products: two words of weights (r2, r3), four of pixels (r12, lr, twice).
#define COVEY_DSP_SIXTEEN     \
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
#define COVEY_DSP_GROUP COVEY_DSP_SIXTEEN COVEY_DSP_SIXTEEN  // 22 instructions, 88 bytes

// The loop holds four groups; the first turn enters it where the rest of the division by four
// begins. r3 on entry lies on top of the stack at the end, the end of x on top of that.
#define COVEY_DSP_LOOP                                                   \
  "push {r3-r11, lr}\n"                                                  \
  "add r12, r0, r2, lsl #5\n"                                            \
  "push {r12}\n"                                                         \
  "rsb r2, r2, #0\n"                                                     \
  "and r2, r2, #3\n"                                                     \
  "mov r3, #88\n"                                                        \
  "mul r2, r2, r3\n"                                                     \
  "adr r3, 1f\n"                                                         \
  "add r3, r3, r2\n"                                                     \
  "add r3, r3, #1\n" /* Thumb */                                         \
  "mov r4, #0\n mov r5, #0\n mov r6, #0\n"                               \
  "mov r7, #0\n mov r8, #0\n mov r9, #0\n"                               \
  "mov r10, #0\n mov r11, #0\n"                                          \
  "bx r3\n"                                                              \
  ".balign 4\n"                                                          \
  "1:\n" COVEY_DSP_GROUP COVEY_DSP_GROUP COVEY_DSP_GROUP COVEY_DSP_GROUP \
  "ldr r2, [sp]\n"                                                       \
  "cmp r0, r2\n"                                                         \
  "bne 1b\n"                                                             \
  "pop {r2, r3}\n"

extern "C" __attribute__((naked)) void covey_dsp_dot2x4(const uint32_t*, const uint32_t*, int32_t,
                                                        int32_t*) {
  asm volatile(COVEY_DSP_LOOP
               "stm r3, {r4-r11}\n"
               "pop {r4-r11, pc}\n");
}

// Finish (finish.hpp) of one sum: r0 twice the bias, r1 multiplier, r2 rounding, r12 right shift.
#define COVEY_DSP_FINISH(sum)  \
  "add " sum ", r0, " sum      \
  ", lsl #1\n"                 \
  "smmulr " sum ", " sum       \
  ", r1\n"                     \
  "add " sum ", " sum ", " sum \
  ", asr #31\n"                \
  "add " sum ", " sum          \
  ", r2\n"                     \
  "asr " sum ", " sum          \
  ", r12\n"                    \
  "ssat " sum ", #8, " sum "\n"
#define COVEY_DSP_FINISH4(a, b, c, d) \
  COVEY_DSP_FINISH(a) COVEY_DSP_FINISH(b) COVEY_DSP_FINISH(c) COVEY_DSP_FINISH(d)

extern "C" __attribute__((naked)) void covey_dsp_dot2x4_store(const uint32_t*, const uint32_t*,
                                                              int32_t, const TwoByFour*) {
  asm volatile(COVEY_DSP_LOOP
               "ldr lr, [r3]\n"
               "ldm lr, {r0, r1, r2, r12}\n"
               COVEY_DSP_FINISH4("r4", "r5", "r6", "r7")
               "ldr lr, [r3, #4]\n"
               "ldm lr, {r0, r1, r2, r12}\n"
               COVEY_DSP_FINISH4("r8", "r9", "r10", "r11")
               "ldrd r0, r1, [r3, #8]\n"
               "strb r4, [r0]\n"
               "strb r8, [r0, #1]\n"
               "add r2, r0, r1\n"
               "strb r5, [r0, r1]\n"
               "strb r9, [r2, #1]\n"
               "add r0, r2, r1\n"
               "strb r6, [r0]\n"
               "strb r10, [r0, #1]\n"
               "add r2, r0, r1\n"
               "strb r7, [r0, r1]\n"
               "strb r11, [r2, #1]\n"
               "pop {r4-r11, pc}\n");
}

}  // namespace covey::kernels::dsp
