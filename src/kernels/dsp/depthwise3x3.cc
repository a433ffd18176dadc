#include "kernels/dsp/depthwise3x3.hpp"

namespace covey::kernels::dsp {

// r0, r1, r2 rows, r3 job, r4 to r7 sums, r8 to r11 values, r12 out, lr pixels left.
#define COVEY_DSP_TAP(row, x, w) \
  "ldrd r8, r9, [" row ", " x    \
  "]\n"                          \
  "ldrd r10, r11, [r3, " w       \
  "]\n"                          \
  "smlabb r4, r8, r10, r4\n"     \
  "smlatt r6, r8, r10, r6\n"     \
  "smlabb r5, r9, r11, r5\n"     \
  "smlatt r7, r9, r11, r7\n"
#define COVEY_DSP_FINISH(sum, bias, rounding) \
  "ldrd r8, r9, [r3, " bias                   \
  "]\n"                                       \
  "ldrd r10, r11, [r3, " rounding             \
  "]\n"                                       \
  "add " sum ", r8, " sum                     \
  ", lsl #1\n"                                \
  "smmulr " sum ", " sum                      \
  ", r9\n"                                    \
  "add " sum ", " sum ", " sum                \
  ", asr #31\n"                               \
  "add " sum ", " sum                         \
  ", r10\n"                                   \
  "asr " sum ", " sum                         \
  ", r11\n"                                   \
  "ssat " sum ", #8, " sum "\n"

// The offsets below are those of Depthwise3x3: weights at 0, channels at 72, steps at 136, rows at
// 144.
static_assert(__builtin_offsetof(Depthwise3x3, channels) == 72);
static_assert(__builtin_offsetof(Depthwise3x3, row_step) == 136);
static_assert(__builtin_offsetof(Depthwise3x3, rows) == 144);
static_assert(__builtin_offsetof(Depthwise3x3, pixels) == 160);

extern "C" __attribute__((naked)) void covey_dsp_depthwise3x3(const Depthwise3x3*) {
  asm volatile(
      "push {r4-r11, lr}\n"
      "mov r3, r0\n"
      "ldrd r0, r1, [r3, #144]\n"
      "ldrd r2, r12, [r3, #152]\n"
      "ldr lr, [r3, #160]\n"
      "1:\n"
      "ldrd r8, r9, [r0]\n"
      "ldrd r10, r11, [r3]\n"
      "smulbb r4, r8, r10\n"
      "smultt r6, r8, r10\n"
      "smulbb r5, r9, r11\n"
      "smultt r7, r9, r11\n"
      COVEY_DSP_TAP("r0", "#8", "#8")
      COVEY_DSP_TAP("r0", "#16", "#16")
      COVEY_DSP_TAP("r1", "#0", "#24")
      COVEY_DSP_TAP("r1", "#8", "#32")
      COVEY_DSP_TAP("r1", "#16", "#40")
      COVEY_DSP_TAP("r2", "#0", "#48")
      COVEY_DSP_TAP("r2", "#8", "#56")
      COVEY_DSP_TAP("r2", "#16", "#64")
      COVEY_DSP_FINISH("r4", "#72", "#80")
      COVEY_DSP_FINISH("r5", "#88", "#96")
      COVEY_DSP_FINISH("r6", "#104", "#112")
      COVEY_DSP_FINISH("r7", "#120", "#128")
      "ldrd r8, r9, [r3, #136]\n"
      "strb r4, [r12]\n"
      "strb r5, [r12, #1]\n"
      "strb r6, [r12, #2]\n"
      "strb r7, [r12, #3]\n"
      "add r0, r0, r8\n"
      "add r1, r1, r8\n"
      "add r2, r2, r8\n"
      "add r12, r12, r9\n"
      "subs lr, lr, #1\n"
      "bne 1b\n"
      "pop {r4-r11, pc}\n");
}

}  // namespace covey::kernels::dsp
