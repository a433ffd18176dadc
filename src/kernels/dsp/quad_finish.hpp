// The end of a quad's loop in assembly, shared by the loops that take a TwoByFour: the sums in r4
// to r11 become bytes, two of each of four pixels, and r0 tells whether there is another quad.
// Expects the TwoByFour at sp; `ending` holds the address of 4, 5 or 7; 2 begins the next quad.
// Frees `bytes` of stack and pops r4 to r11 and pc at the end.
#pragma once

#include "kernels/dsp/dot2x4.hpp"

#define COVEY_DSP_EACH(macro, a, b, c, d) macro(a) macro(b) macro(c) macro(d)
// r1 multiplier, r2 power, r3 zero point.
#define COVEY_DSP_SCALE(sum) "smmlar " sum ", " sum ", r1, " sum "\n"
#define COVEY_DSP_PLAIN(sum)
#define COVEY_DSP_SIGN(sum) "add " sum ", " sum ", " sum ", asr #31\n"
#define COVEY_DSP_SHIFT(sum) "smmlar " sum ", " sum ", r2, r3\n"
#define COVEY_DSP_SATURATE(sum) "ssat " sum ", #8, " sum "\n"
// clang-format off
#define COVEY_DSP_FOUR_BYTES(sign, a, b, c, d)                                              \
  COVEY_DSP_EACH(COVEY_DSP_SCALE, a, b, c, d) COVEY_DSP_EACH(sign, a, b, c, d)              \
  COVEY_DSP_EACH(COVEY_DSP_SHIFT, a, b, c, d) COVEY_DSP_EACH(COVEY_DSP_SATURATE, a, b, c, d)
#define COVEY_DSP_FINISH(sign)                                        \
  "ldrd r1, r2, [sp, #24]\n"                                          \
  "ldr r3, [sp, #40]\n" COVEY_DSP_FOUR_BYTES(sign, "r4", "r5", "r6", "r7") \
  "ldrd r1, r2, [sp, #32]\n" COVEY_DSP_FOUR_BYTES(sign, "r8", "r9", "r10", "r11")
#define COVEY_DSP_ENDINGS(bytes)                    \
  "5:\n" COVEY_DSP_FINISH(COVEY_DSP_SIGN)           \
  "b 6f\n"                                          \
  "4:\n" COVEY_DSP_FINISH(COVEY_DSP_PLAIN)          \
  "6:\n"                                            \
  "ldrd r2, r3, [sp, #44]\n"                        \
  "ldr r1, [sp, #20]\n"                             \
  "bfi r4, r8, #8, #8\n bfi r5, r9, #8, #8\n"       \
  "bfi r6, r10, #8, #8\n bfi r7, r11, #8, #8\n"     \
  "strh r4, [r2]\n"                                 \
  "strh r5, [r2, r3]\n"                             \
  "add r2, r2, r3, lsl #1\n"                        \
  "strh r6, [r2]\n"                                 \
  "strh r7, [r2, r3]\n"                             \
  "add r2, r2, r3, lsl #1\n"                        \
  "str r2, [sp, #44]\n"                             \
  "cmp r0, r1\n"                                    \
  "bne 2b\n"                                        \
  "b 8f\n"                                          \
  "7:\n"                                            \
  "ldr r1, [sp, #60]\n"                             \
  "stm r1, {r4-r11}\n"                              \
  "8:\n"                                            \
  "add sp, #" bytes "\n"                            \
  "pop {r4-r11, pc}\n"
// Turns `ending` into an address: r6 its number.
#define COVEY_DSP_CHOOSE_ENDING \
  "adr.w r2, 4f\n"              \
  "cmp r6, #1\n"                \
  "it eq\n"                     \
  "adreq.w r2, 5f\n"            \
  "it hi\n"                     \
  "adrhi.w r2, 7f\n"            \
  "add r2, r2, #1\n"            \
  "str r2, [sp, #52]\n"
// clang-format on
