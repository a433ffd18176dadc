#include "kernels/dsp/dot2x4.hpp"

#include "kernels/dsp/quad_finish.hpp"

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
      COVEY_DSP_CHOOSE_ENDING
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
      COVEY_DSP_ENDINGS("68"));
}
// clang-format on

}  // namespace covey::kernels::dsp
