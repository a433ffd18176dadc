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
// begins.
extern "C" __attribute__((naked)) void covey_dsp_dot2x4(const uint32_t*, const uint32_t*, int32_t,
                                                        int32_t*) {
  asm volatile(
      "push {r3-r11, lr}\n"  // sums lie on top,
      "add r12, r0, r2, lsl #5\n"
      "push {r12}\n"  // then the end of x
      "rsb r2, r2, #0\n"
      "and r2, r2, #3\n"
      "mov r3, #88\n"
      "mul r2, r2, r3\n"
      "adr r3, 1f\n"
      "add r3, r3, r2\n"
      "add r3, r3, #1\n"  // Thumb
      "mov r4, #0\n mov r5, #0\n mov r6, #0\n mov r7, #0\n"
      "mov r8, #0\n mov r9, #0\n mov r10, #0\n mov r11, #0\n"
      "bx r3\n"
      ".balign 4\n"
      "1:\n" COVEY_DSP_GROUP COVEY_DSP_GROUP COVEY_DSP_GROUP COVEY_DSP_GROUP
      "ldr r2, [sp]\n"
      "cmp r0, r2\n"
      "bne 1b\n"
      "pop {r2, r3}\n"
      "stm r3, {r4-r11}\n"
      "pop {r4-r11, pc}\n");
}

}  // namespace covey::kernels::dsp
