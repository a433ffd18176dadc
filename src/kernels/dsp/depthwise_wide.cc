#include "kernels/dsp/depthwise_wide.hpp"

namespace covey::kernels::dsp {

static_assert(sizeof(void*) != 4 || __builtin_offsetof(DepthwiseWide, out) == 24);
static_assert(sizeof(void*) != 4 || __builtin_offsetof(DepthwiseWide, plane) == 48);
static_assert(sizeof(void*) != 4 || __builtin_offsetof(DepthwiseWide, weights) == 64);
static_assert(sizeof(void*) != 4 || sizeof(DepthwiseWide) == 256);

// One row of the window, its weights `at` bytes above sp. r0 to r3 weights, r4 to r7 sums, r8 to
// r11 pairs of pixels, r12 the plane, lr from row to row.
// clang-format off
#define COVEY_DSP_ROW_5(at)              \
  "ldm r12, {r8-r11}\n"                  \
  "ldrd r0, r1, [sp, #" #at "]\n"        \
  "ldrd r2, r3, [sp, #" #at " + 8]\n"    \
  "add r12, r12, lr\n"                   \
  "smlad r4, r8, r0, r4\n"               \
  "smlatb r5, r8, r0, r5\n"              \
  "smlad r6, r9, r0, r6\n"               \
  "smlatb r7, r9, r0, r7\n"              \
  "smlad r4, r9, r1, r4\n"               \
  "smlad r5, r9, r2, r5\n"               \
  "smlad r6, r10, r1, r6\n"              \
  "smlad r7, r10, r2, r7\n"              \
  "smlabt r4, r10, r3, r4\n"             \
  "smlad r5, r10, r3, r5\n"              \
  "smlabt r6, r11, r3, r6\n"             \
  "smlad r7, r11, r3, r7\n"
#define COVEY_DSP_ROW_5_BY_TWO(at)       \
  "ldm r12, {r8-r11}\n"                  \
  "ldrd r0, r1, [sp, #" #at "]\n"        \
  "ldr r2, [sp, #" #at " + 8]\n"         \
  "smlad r4, r8, r0, r4\n"               \
  "smlad r4, r9, r1, r4\n"               \
  "smlad r5, r9, r0, r5\n"               \
  "ldrd r8, r9, [r12, #16]\n"            \
  "add r12, r12, lr\n"                   \
  "smlabb r4, r10, r2, r4\n"             \
  "smlad r5, r10, r1, r5\n"              \
  "smlabb r5, r11, r2, r5\n"             \
  "smlad r6, r10, r0, r6\n"              \
  "smlad r6, r11, r1, r6\n"              \
  "smlabb r6, r8, r2, r6\n"              \
  "smlad r7, r11, r0, r7\n"              \
  "smlad r7, r8, r1, r7\n"               \
  "smlabb r7, r9, r2, r7\n"
#define COVEY_DSP_ROW_7(at)              \
  "ldm r12, {r8-r11}\n"                  \
  "ldrd r0, r1, [sp, #" #at "]\n"        \
  "smlad r4, r8, r0, r4\n"               \
  "smlatb r5, r8, r0, r5\n"              \
  "ldr r8, [r12, #16]\n"                 \
  "add r12, r12, lr\n"                   \
  "smlad r4, r9, r1, r4\n"               \
  "smlad r6, r9, r0, r6\n"               \
  "smlad r6, r10, r1, r6\n"              \
  "smlatb r7, r9, r0, r7\n"              \
  "ldrd r0, r1, [sp, #" #at " + 8]\n"    \
  "ldrd r2, r3, [sp, #" #at " + 16]\n"   \
  "smlad r4, r10, r0, r4\n"              \
  "smlabt r4, r11, r3, r4\n"             \
  "smlad r5, r9, r1, r5\n"               \
  "smlad r5, r10, r2, r5\n"              \
  "smlad r5, r11, r3, r5\n"              \
  "smlad r6, r11, r0, r6\n"              \
  "smlabt r6, r8, r3, r6\n"              \
  "smlad r7, r10, r1, r7\n"              \
  "smlad r7, r11, r2, r7\n"              \
  "smlad r7, r8, r3, r7\n"
#define COVEY_DSP_ROW_7_BY_TWO(at)       \
  "ldm r12, {r8-r11}\n"                  \
  "ldrd r0, r1, [sp, #" #at "]\n"        \
  "ldrd r2, r3, [sp, #" #at " + 8]\n"    \
  "smlad r4, r8, r0, r4\n"               \
  "smlad r4, r9, r1, r4\n"               \
  "smlad r5, r9, r0, r5\n"               \
  "ldrd r8, r9, [r12, #16]\n"            \
  "smlad r4, r10, r2, r4\n"              \
  "smlabb r4, r11, r3, r4\n"             \
  "smlad r5, r10, r1, r5\n"              \
  "smlad r5, r11, r2, r5\n"              \
  "smlabb r5, r8, r3, r5\n"              \
  "smlad r6, r10, r0, r6\n"              \
  "ldr r10, [r12, #24]\n"                \
  "add r12, r12, lr\n"                   \
  "smlad r6, r11, r1, r6\n"              \
  "smlad r6, r8, r2, r6\n"               \
  "smlabb r6, r9, r3, r6\n"              \
  "smlad r7, r11, r0, r7\n"              \
  "smlad r7, r8, r1, r7\n"               \
  "smlad r7, r9, r2, r7\n"               \
  "smlabb r7, r10, r3, r7\n"
#define COVEY_DSP_FIVE_ROWS(row) row(64) row(80) row(96) row(112) row(128)
#define COVEY_DSP_SEVEN_ROWS(row) \
  row(64) row(80) row(96) row(112) row(128) row(144) row(160)
#define COVEY_DSP_SEVEN_LONG_ROWS(row) \
  row(64) row(88) row(112) row(136) row(160) row(184) row(208)

// `eights`: how many times eight words of the job there are.
#define COVEY_DSP_WIDE(eights, rows_of_window)    \
  "push {r4-r11, lr}\n"                           \
  "sub sp, #" #eights " * 32\n"                   \
  "mov r12, sp\n"                                 \
  "mov lr, #" #eights "\n"                        \
  "1:\n"                                          \
  "ldm r0!, {r1-r8}\n"                            \
  "stm r12!, {r1-r8}\n"                           \
  "subs lr, lr, #1\n"                             \
  "bne 1b\n"                                      \
  "ldr lr, [sp, #20]\n"                           \
  "2:\n" /* a row */                              \
  "ldr r12, [sp, #48]\n"                          \
  "3:\n" /* four pixels */                        \
  "ldrd r4, r5, [sp]\n"                           \
  "ldrd r6, r7, [sp]\n"                           \
  rows_of_window                                  \
  "ldrd r0, r1, [sp, #8]\n"                       \
  "ldr r2, [sp, #40]\n"                           \
  "ldr r3, [sp, #16]\n"                           \
  "sub r12, r12, r2\n"                            \
  "smmlar r4, r4, r0, r4\n"                       \
  "smmlar r5, r5, r0, r5\n"                       \
  "smmlar r6, r6, r0, r6\n"                       \
  "smmlar r7, r7, r0, r7\n"                                 \
  "add r4, r4, r4, asr #31\n"                     \
  "add r5, r5, r5, asr #31\n"                     \
  "add r6, r6, r6, asr #31\n"                     \
  "add r7, r7, r7, asr #31\n"                     \
  "smmlar r4, r4, r1, r3\n"                       \
  "smmlar r5, r5, r1, r3\n"                       \
  "smmlar r6, r6, r1, r3\n"                       \
  "smmlar r7, r7, r1, r3\n"                       \
  "ssat r4, #8, r4\n"                             \
  "ssat r5, #8, r5\n"                             \
  "ssat r6, #8, r6\n"                             \
  "ssat r7, #8, r7\n"                             \
  "ldrd r0, r1, [sp, #24]\n"                      \
  "ldrd r2, r3, [sp, #32]\n"                      \
  "cmp r0, r2\n"                                  \
  "beq 4f\n"                                      \
  "strb r4, [r0]\n"                               \
  "strb r5, [r0, r1]\n"                           \
  "add r0, r0, r1, lsl #1\n"                      \
  "strb r6, [r0]\n"                               \
  "strb r7, [r0, r1]\n"                           \
  "add r0, r0, r1, lsl #1\n"                      \
  "str r0, [sp, #24]\n"                           \
  "cmp r0, r2\n"                                  \
  "bne 3b\n"                                      \
  "cmp r3, #0\n"                                  \
  "bne 3b\n"                                      \
  "b 5f\n"                                        \
  "4:\n" /* the last one, two or three */         \
  "strb r4, [r0]\n"                               \
  "cmp r3, #2\n"                                  \
  "blt 5f\n"                                      \
  "strb r5, [r0, r1]\n"                           \
  "beq 5f\n"                                      \
  "add r0, r0, r1, lsl #1\n"                      \
  "strb r6, [r0]\n"                               \
  "5:\n" /* the next row */                       \
  "ldr r3, [sp, #52]\n"                           \
  "add r0, r2, r3\n"                              \
  "str r0, [sp, #24]\n"                           \
  "ldrd r0, r1, [sp, #56]\n"                      \
  "add r2, r2, r1\n"                              \
  "str r2, [sp, #32]\n"                           \
  "ldrd r1, r3, [sp, #44]\n"                      \
  "add r3, r3, r1\n"                              \
  "str r3, [sp, #48]\n"                           \
  "subs r0, r0, #1\n"                             \
  "str r0, [sp, #56]\n"                           \
  "bne 2b\n"                                      \
  "add sp, #" #eights " * 32\n"                   \
  "pop {r4-r11, pc}\n"
// clang-format on

extern "C" __attribute__((naked)) void covey_dsp_depthwise5x5(const DepthwiseWide*) {
  asm volatile(COVEY_DSP_WIDE(5, COVEY_DSP_FIVE_ROWS(COVEY_DSP_ROW_5)));
}
extern "C" __attribute__((naked)) void covey_dsp_depthwise5x5_by_two(const DepthwiseWide*) {
  asm volatile(COVEY_DSP_WIDE(5, COVEY_DSP_FIVE_ROWS(COVEY_DSP_ROW_5_BY_TWO)));
}
extern "C" __attribute__((naked)) void covey_dsp_depthwise7x7(const DepthwiseWide*) {
  asm volatile(COVEY_DSP_WIDE(8, COVEY_DSP_SEVEN_LONG_ROWS(COVEY_DSP_ROW_7)));
}
extern "C" __attribute__((naked)) void covey_dsp_depthwise7x7_by_two(const DepthwiseWide*) {
  asm volatile(COVEY_DSP_WIDE(8, COVEY_DSP_SEVEN_ROWS(COVEY_DSP_ROW_7_BY_TWO)));
}

}  // namespace covey::kernels::dsp
