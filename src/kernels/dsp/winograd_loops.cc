#include "kernels/dsp/winograd_loops.hpp"

namespace covey::kernels::dsp {

// ---- V: r0 pixel, r1 row step, r2 three of them, r3 offset, r4 to r7 the column's words, r8 to
// r11 its pairs, r12 free, lr pixel step. Columns go to the stack, even channels, then odd ones.
#define COVEY_DSP_WINOGRAD_DOWN(rotate) \
  "sxtab16 r8, r3, r4" rotate           \
  "\n"                                  \
  "sxtab16 r9, r3, r5" rotate           \
  "\n"                                  \
  "sxtab16 r12, r3, r6" rotate          \
  "\n"                                  \
  "sxtab16 r11, r3, r7" rotate          \
  "\n"                                  \
  "ssub16 r8, r8, r12\n"                \
  "ssub16 r11, r9, r11\n"               \
  "ssub16 r10, r12, r9\n"               \
  "sadd16 r9, r9, r12\n"                \
  "push {r8-r11}\n"
#define COVEY_DSP_WINOGRAD_COLUMN \
  "ldr r5, [r0, r1]\n"            \
  "ldr r6, [r0, r1, lsl #1]\n"    \
  "ldr r7, [r0, r2]\n"            \
  "ldr r4, [r0]\n"                \
  "add r0, r0, lr\n" COVEY_DSP_WINOGRAD_DOWN("") COVEY_DSP_WINOGRAD_DOWN(", ror #8")
// Then r0 to, r1 position step, r2 three of them, r3 free; two rows of positions.
#define COVEY_DSP_WINOGRAD_ROW(a, b, c, d) \
  "ssub16 " a ", " a ", " c                \
  "\n"                                     \
  "sadd16 r3, " b ", " c                   \
  "\n"                                     \
  "ssub16 " c ", " c ", " b                \
  "\n"                                     \
  "ssub16 " b ", " b ", " d                \
  "\n"                                     \
  "str " a                                 \
  ", [r0]\n"                               \
  "str r3, [r0, r1]\n"                     \
  "str " c                                 \
  ", [r0, r1, lsl #1]\n"                   \
  "str " b                                 \
  ", [r0, r2]\n"                           \
  "add r0, r0, r1, lsl #2\n"
#define COVEY_DSP_WINOGRAD_ROWS(first, second, third, fourth)                          \
  "ldrd r4, r5, [sp, #" first                                                          \
  "]\n"                                                                                \
  "ldrd r6, r7, [sp, #" second                                                         \
  "]\n"                                                                                \
  "ldrd r8, r9, [sp, #" third                                                          \
  "]\n"                                                                                \
  "ldrd r10, r11, [sp, #" fourth "]\n" COVEY_DSP_WINOGRAD_ROW("r4", "r6", "r8", "r10") \
      COVEY_DSP_WINOGRAD_ROW("r5", "r7", "r9", "r11")

static_assert(sizeof(void*) != 4 || __builtin_offsetof(WinogradTile, offset) == 24);

// clang-format off
extern "C" __attribute__((naked)) void covey_dsp_winograd_input(const WinogradTile*) {
  asm volatile(
      "push {r4-r11, lr}\n"
      "sub sp, #28\n"  // the tile, and sp a multiple of 8
      "ldm r0, {r1-r7}\n"
      "stm sp, {r1-r7}\n"
      "1:\n"  // four channels
      "ldm sp, {r0, r1, r2, r3, r4, r5, r6}\n"
      "add r7, r0, #4\n"
      "str r7, [sp]\n"
      "mov lr, r1\n"
      "mov r1, r2\n"
      "add r2, r2, r2, lsl #1\n"
      "mov r3, r6\n"
      COVEY_DSP_WINOGRAD_COLUMN COVEY_DSP_WINOGRAD_COLUMN
      COVEY_DSP_WINOGRAD_COLUMN COVEY_DSP_WINOGRAD_COLUMN
      "ldrd r0, r1, [sp, #140]\n"
      "add r2, r1, r1, lsl #1\n"
      COVEY_DSP_WINOGRAD_ROWS("112", "80", "48", "16")
      COVEY_DSP_WINOGRAD_ROWS("120", "88", "56", "24")
      "sub r0, r0, r1, lsl #4\n"
      "add r0, r0, #16\n"
      COVEY_DSP_WINOGRAD_ROWS("96", "64", "32", "0")
      COVEY_DSP_WINOGRAD_ROWS("104", "72", "40", "8")
      "sub r0, r0, r1, lsl #4\n"
      "add r0, r0, #16\n"
      "add sp, #128\n"
      "str r0, [sp, #12]\n"
      "ldr r1, [sp, #20]\n"
      "subs r1, r1, #1\n"
      "str r1, [sp, #20]\n"
      "bne 1b\n"
      "add sp, #28\n"
      "pop {r4-r11, pc}\n");
}

// ---- Sums: as covey_dsp_dot2x4, once a position. Frame: 0 the end of U for this position, 4 where
// its sums go, 8 bytes of U a position, 12 where the loop is entered, 16 the end of the sums.
#define COVEY_DSP_WINOGRAD_STEP(first, sum4, sum5, sum6, sum7, sum8, sum9, sum10, sum11) \
  "ldrd r2, r3, [r1], #8\n"                                                              \
  "ldrd r12, lr, [r0], #8\n"                                                             \
  first " r4, r12, r2" sum4 "\n"                                                         \
  first " r8, r12, r3" sum8 "\n"                                                         \
  first " r5, lr, r2" sum5 "\n"                                                          \
  first " r9, lr, r3" sum9 "\n"                                                          \
  "ldrd r12, lr, [r0], #8\n"                                                             \
  first " r6, r12, r2" sum6 "\n"                                                         \
  first " r10, r12, r3" sum10 "\n"                                                       \
  first " r7, lr, r2" sum7 "\n"                                                          \
  first " r11, lr, r3" sum11 "\n"
#define COVEY_DSP_WINOGRAD_FIRST COVEY_DSP_WINOGRAD_STEP("smuad", "", "", "", "", "", "", "", "")
#define COVEY_DSP_WINOGRAD_NEXT                                                                   \
  COVEY_DSP_WINOGRAD_STEP("smlad", ", r4", ", r5", ", r6", ", r7", ", r8", ", r9", ", r10", ", r11")

extern "C" __attribute__((naked)) void covey_dsp_winograd_multiply(const uint32_t*, const int16_t*,
                                                                   int32_t*, int32_t) {
  asm volatile(
      "push {r4-r11, lr}\n"
      "sub sp, #20\n"
      "lsl r5, r3, #3\n"
      "add r4, r1, r5\n"
      "rsb r6, r3, #1\n"  // after the first step
      "and r6, r6, #7\n"
      "mov r7, #44\n"
      "mul r6, r6, r7\n"
      "adr.w r7, 1f\n"
      "add r6, r6, r7\n"
      "add r6, r6, #1\n"  // Thumb
      "add r7, r2, #512\n"
      "strd r4, r2, [sp]\n"
      "strd r5, r6, [sp, #8]\n"
      "str r7, [sp, #16]\n"
      "2:\n"
      COVEY_DSP_WINOGRAD_FIRST
      "ldr r2, [sp, #12]\n"
      "bx r2\n"
      ".balign 4\n"
      "1:\n"
      COVEY_DSP_WINOGRAD_NEXT COVEY_DSP_WINOGRAD_NEXT
      COVEY_DSP_WINOGRAD_NEXT COVEY_DSP_WINOGRAD_NEXT
      COVEY_DSP_WINOGRAD_NEXT COVEY_DSP_WINOGRAD_NEXT
      COVEY_DSP_WINOGRAD_NEXT COVEY_DSP_WINOGRAD_NEXT
      "ldr r2, [sp]\n"
      "cmp r1, r2\n"
      "bne 1b\n"
      "ldrd r3, r12, [sp, #4]\n"
      "stm r3!, {r4-r11}\n"
      "add r2, r2, r12\n"
      "ldr r12, [sp, #16]\n"
      "strd r2, r3, [sp]\n"
      "cmp r3, r12\n"
      "bne 2b\n"
      "add sp, #20\n"
      "pop {r4-r11, pc}\n");
}

// The same, position by position for some quads. Frame: 0 the end of U for this position, 4 where
// its sums go, 8 the turns, 28 bytes of U a position, 32 where the loop is entered.
static_assert(sizeof(void*) != 4 || __builtin_offsetof(WinogradTurns, steps) == 24);
extern "C" __attribute__((naked)) void covey_dsp_winograd_by_position(const uint32_t*,
                                                                      const int16_t*, int32_t*,
                                                                      const WinogradTurns*) {
  asm volatile(
      "push {r4-r11, lr}\n"
      "sub sp, #36\n"
      "ldm r3, {r4-r10}\n"
      "add r3, sp, #8\n"
      "stm r3, {r4-r8}\n"
      "lsl r5, r10, #3\n"
      "add r4, r1, r5\n"
      "rsb r6, r10, #1\n"  // after the first step
      "and r6, r6, #7\n"
      "mov r7, #44\n"
      "mul r6, r6, r7\n"
      "adr.w r7, 1f\n"
      "add r6, r6, r7\n"
      "add r6, r6, #1\n"  // Thumb
      "strd r4, r2, [sp]\n"
      "strd r5, r6, [sp, #28]\n"
      "2:\n"
      COVEY_DSP_WINOGRAD_FIRST
      "ldr r2, [sp, #32]\n"
      "bx r2\n"
      ".balign 4\n"
      "1:\n"
      COVEY_DSP_WINOGRAD_NEXT COVEY_DSP_WINOGRAD_NEXT
      COVEY_DSP_WINOGRAD_NEXT COVEY_DSP_WINOGRAD_NEXT
      COVEY_DSP_WINOGRAD_NEXT COVEY_DSP_WINOGRAD_NEXT
      COVEY_DSP_WINOGRAD_NEXT COVEY_DSP_WINOGRAD_NEXT
      "ldr r2, [sp]\n"
      "cmp r1, r2\n"
      "bne 1b\n"
      "ldr r3, [sp, #4]\n"
      "ldr r12, [sp, #28]\n"
      "stm r3, {r4-r11}\n"
      "ldrd r4, r5, [sp, #8]\n"
      "add r3, #512\n"
      "cmp r3, r4\n"
      "beq 3f\n"
      "str r3, [sp, #4]\n"
      "add r0, r5\n"
      "sub r1, r12\n"
      "b 2b\n"
      "3:\n"  // the next position
      "ldrd r5, r6, [sp, #16]\n"
      "ldr r7, [sp, #24]\n"
      "add r4, #32\n"
      "sub r0, r5\n"
      "sub r3, r6\n"
      "add r2, r12\n"
      "str r4, [sp, #8]\n"
      "strd r2, r3, [sp]\n"
      "cmp r4, r7\n"
      "bne 2b\n"
      "add sp, #36\n"
      "pop {r4-r11, pc}\n");
}

// ---- Output: r0 sums, r4 and r5 the pixels (0,0) of two tiles, r6 and r7 (0,1), r8 and r9 (1,0),
// r10 and r11 (1,1). Columns 1 and 2 first, then what they make together, then 0 and 3.
#define COVEY_DSP_WINOGRAD_MIDDLE(m0, m1, m2, m3, a, b, c, d) \
  "ldrd " a ", " b ", [r0, #" m1 "]\n"                        \
  "ldrd r2, r3, [r0, #" m2 "]\n"                              \
  "sub " c ", " a ", r2\n"                                    \
  "sub " d ", " b ", r3\n"                                    \
  "add " a ", " a ", r2\n"                                    \
  "add " b ", " b ", r3\n"                                    \
  "ldrd r2, r3, [r0, #" m0 "]\n"                              \
  "add " a ", " a ", r2\n"                                    \
  "add " b ", " b ", r3\n"                                    \
  "ldrd r2, r3, [r0, #" m3 "]\n"                              \
  "sub " c ", " c ", r2\n"                                    \
  "sub " d ", " d ", r3\n"
#define COVEY_DSP_WINOGRAD_CROSS(p, q) \
  "add " p ", " p ", " q "\n"          \
  "sub " q ", " p ", " q ", lsl #1\n"
#define COVEY_DSP_WINOGRAD_OUTER(m0, m1, m2, m3, plus, minus, a, b, c, d) \
  "ldrd r2, r3, [r0, #" m0 "]\n"                                          \
  plus " " a ", " a ", r2\n"                                              \
  plus " " b ", " b ", r3\n"                                              \
  "ldrd r2, r3, [r0, #" m1 "]\n"                                          \
  plus " " a ", " a ", r2\n"                                              \
  plus " " b ", " b ", r3\n"                                              \
  plus " " c ", " c ", r2\n"                                              \
  plus " " d ", " d ", r3\n"                                              \
  "ldrd r2, r3, [r0, #" m2 "]\n"                                          \
  plus " " a ", " a ", r2\n"                                              \
  plus " " b ", " b ", r3\n"                                              \
  minus " " c ", " c ", r2\n"                                             \
  minus " " d ", " d ", r3\n"                                             \
  "ldrd r2, r3, [r0, #" m3 "]\n"                                          \
  minus " " c ", " c ", r2\n"                                             \
  minus " " d ", " d ", r3\n"
#define COVEY_DSP_WINOGRAD_SCALE(sum, sign)   \
  "add " sum ", r2, " sum ", asr #2\n"        \
  "smmlar " sum ", " sum ", r3, " sum "\n"    \
  sign(sum)                                   \
  "smmlar " sum ", " sum ", r12, lr\n"        \
  "ssat " sum ", #8, " sum "\n"
#define COVEY_DSP_WINOGRAD_FINISH(sign)                                                      \
  "push {r4-r11, lr}\n"                                                                      \
  "sub sp, #4\n"                                                                             \
  "add r2, r1, #128\n"                                                                       \
  "str r2, [sp]\n"                                                                           \
  "1:\n"                                                                                     \
  COVEY_DSP_WINOGRAD_MIDDLE("32", "160", "288", "416", "r4", "r5", "r8", "r9")               \
  COVEY_DSP_WINOGRAD_MIDDLE("64", "192", "320", "448", "r6", "r7", "r10", "r11")             \
  COVEY_DSP_WINOGRAD_CROSS("r4", "r6") COVEY_DSP_WINOGRAD_CROSS("r5", "r7")                  \
  COVEY_DSP_WINOGRAD_CROSS("r8", "r10") COVEY_DSP_WINOGRAD_CROSS("r9", "r11")                \
  COVEY_DSP_WINOGRAD_OUTER("0", "128", "256", "384", "add", "sub", "r4", "r5", "r8", "r9")   \
  COVEY_DSP_WINOGRAD_OUTER("96", "224", "352", "480", "sub", "add", "r6", "r7", "r10", "r11") \
  "ldm r1!, {r2, r3, r12, lr}\n"                                                             \
  COVEY_DSP_WINOGRAD_SCALE("r4", sign) COVEY_DSP_WINOGRAD_SCALE("r5", sign)                  \
  COVEY_DSP_WINOGRAD_SCALE("r6", sign) COVEY_DSP_WINOGRAD_SCALE("r7", sign)                  \
  COVEY_DSP_WINOGRAD_SCALE("r8", sign) COVEY_DSP_WINOGRAD_SCALE("r9", sign)                  \
  COVEY_DSP_WINOGRAD_SCALE("r10", sign) COVEY_DSP_WINOGRAD_SCALE("r11", sign)                \
  "ldm r1!, {r2, r3, r12, lr}\n"                                                             \
  "strb r4, [r2]\n"                                                                          \
  "strb r6, [r2, r3]\n"                                                                      \
  "strb r5, [r2, r3, lsl #1]\n"                                                              \
  "strb r7, [r2, r12]\n"                                                                     \
  "add r2, r2, lr\n"                                                                         \
  "strb r8, [r2]\n"                                                                          \
  "strb r10, [r2, r3]\n"                                                                     \
  "strb r9, [r2, r3, lsl #1]\n"                                                              \
  "strb r11, [r2, r12]\n"                                                                    \
  "ldr r2, [sp]\n"                                                                           \
  "add r0, r0, #8\n"                                                                         \
  "cmp r1, r2\n"                                                                             \
  "bne 1b\n"                                                                                 \
  "add sp, #4\n"                                                                             \
  "pop {r4-r11, pc}\n"

static_assert(sizeof(void*) != 4 || sizeof(WinogradTwo) == 32);

#define COVEY_DSP_WINOGRAD_PLAIN(sum)
extern "C" __attribute__((naked)) void covey_dsp_winograd_finish_relu(const int32_t*,
                                                                      const WinogradTwo*) {
  asm volatile(COVEY_DSP_WINOGRAD_FINISH(COVEY_DSP_WINOGRAD_PLAIN));
}
#define COVEY_DSP_WINOGRAD_SIGN(sum) "add " sum ", " sum ", " sum ", asr #31\n"
extern "C" __attribute__((naked)) void covey_dsp_winograd_finish_signed(const int32_t*,
                                                                        const WinogradTwo*) {
  asm volatile(COVEY_DSP_WINOGRAD_FINISH(COVEY_DSP_WINOGRAD_SIGN));
}
// clang-format on

}  // namespace covey::kernels::dsp
