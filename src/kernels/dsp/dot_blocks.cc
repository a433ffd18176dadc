#include "kernels/dsp/dot_blocks.hpp"

namespace covey::kernels::dsp {

// r0 x, r1 weights; r2 even, r3 odd; r4 and r6 both outputs of a pair, r5 and r7 the even one; r8
// to r11 weights; r12 offset; lr the end of x.
#define COVEY_DSP_BLOCK_WORD(x, w, both, even) \
  "smlad " both ", " x ", " w ", " both        \
  "\n"                                         \
  "sxtb16 " w ", " w                           \
  "\n"                                         \
  "smlad " even ", " x ", " w ", " even "\n"
#define COVEY_DSP_BLOCK                                                                          \
  "ldr r3, [r0], #4\n"                                                                           \
  "ldm r1!, {r8-r11}\n"                                                                          \
  "sxtab16 r2, r12, r3\n"                                                                        \
  "sxtab16 r3, r12, r3, ror #8\n" COVEY_DSP_BLOCK_WORD("r2", "r8", "r4", "r5")                   \
      COVEY_DSP_BLOCK_WORD("r3", "r9", "r4", "r5") COVEY_DSP_BLOCK_WORD("r2", "r10", "r6", "r7") \
          COVEY_DSP_BLOCK_WORD("r3", "r11", "r6", "r7")

// clang-format off
extern "C" __attribute__((naked)) void covey_dsp_dot_blocks(const BlockColumn*, const int8_t*,
                                                            int32_t*) {
  asm volatile(
      "push {r2, r4-r11, lr}\n"
      "ldr r2, [r0, #8]\n"
      "ldrd r0, r12, [r0]\n"
      "add lr, r0, r2, lsl #2\n"
      "mov r4, #0\n mov r5, #0\n mov r6, #0\n mov r7, #0\n"
      "tst r2, #1\n"  // groups by twos; an odd one first
      "beq 2f\n"
      COVEY_DSP_BLOCK
      "cmp r0, lr\n"
      "beq 3f\n"
      "2:\n"
      COVEY_DSP_BLOCK COVEY_DSP_BLOCK
      "cmp r0, lr\n"
      "bne 2b\n"
      "3:\n"
      "pop {r12}\n"
      "ldm r12, {r8-r11}\n"
      "sub r4, r4, r5\n"
      "sub r6, r6, r7\n"
      "add r8, r8, r5\n"
      "add r9, r9, r4, asr #8\n"
      "add r10, r10, r7\n"
      "add r11, r11, r6, asr #8\n"
      "stm r12, {r8-r11}\n"
      "pop {r4-r11, pc}\n");
}
// clang-format on

}  // namespace covey::kernels::dsp
