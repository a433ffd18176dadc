#include "kernels/dsp/dot4x1.hpp"

namespace covey::kernels::dsp {

// r0 x, r1 weights, r2 row, r3 three rows; r4 to r7 sums; r8 offset; r9 even, r10 odd; r11, r12, lr
// free.
#define COVEY_DSP_OUTPUT(load, sum)   \
  load "sxtb16 r12, r11\n"            \
       "sxtb16 r11, r11, ror #8\n"    \
       "smlad " sum ", r12, r9, " sum \
       "\n"                           \
       "smlad " sum ", r11, r10, " sum "\n"
#define COVEY_DSP_GROUP                                                          \
  "ldr r10, [r0], #4\n"                                                          \
  "sxtab16 r9, r8, r10\n"                                                        \
  "sxtab16 r10, r8, r10, ror #8\n" COVEY_DSP_OUTPUT("ldr r11, [r1, r2]\n", "r5") \
      COVEY_DSP_OUTPUT("ldr r11, [r1, r2, lsl #1]\n", "r6")                      \
          COVEY_DSP_OUTPUT("ldr r11, [r1, r3]\n", "r7")                          \
              COVEY_DSP_OUTPUT("ldr r11, [r1], #4\n", "r4")

extern "C" __attribute__((naked)) void covey_dsp_dot4x1(const int8_t*, const FourRows*, int32_t*) {
  asm volatile(
      "push {r2, r4-r11, lr}\n"
      "ldrd r4, r2, [r1]\n"
      "ldrd r8, r5, [r1, #8]\n"
      "mov r1, r4\n"
      "add r3, r2, r2, lsl #1\n"
      "add lr, r0, r5, lsl #2\n"  // the end of x
      "mov r4, #0\n"
      "mov r6, #0\n"
      "mov r7, #0\n"
      "tst r5, #1\n"  // groups by twos; an odd one first
      "mov r5, #0\n"
      "beq 2f\n"
      "1:\n" COVEY_DSP_GROUP
      "cmp r0, lr\n"
      "beq 3f\n"
      "2:\n" COVEY_DSP_GROUP COVEY_DSP_GROUP
      "cmp r0, lr\n"
      "bne 2b\n"
      "3:\n"
      "pop {r2}\n"
      "stm r2, {r4-r7}\n"
      "pop {r4-r11, pc}\n");
}

}  // namespace covey::kernels::dsp
