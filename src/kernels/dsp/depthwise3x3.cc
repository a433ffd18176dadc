#include "kernels/dsp/depthwise3x3.hpp"

namespace covey::kernels::dsp {

// The offsets into the frame below are those of Depthwise3x3.
static_assert(sizeof(void*) != 4 || __builtin_offsetof(Depthwise3x3, plane) == 44);
static_assert(sizeof(void*) != 4 || __builtin_offsetof(Depthwise3x3, pairs_end) == 20);
static_assert(sizeof(void*) != 4 || sizeof(Depthwise3x3) == 84);

// r0, r1, r2 rows of the plane, r3 to r8 weights, r9 and r10 values, r11 and r12 sums, lr out.
#define COVEY_DSP_WINDOW_TWO(row, w01, w12) \
  "ldrd r9, r10, [" row                     \
  "], #4\n"                                 \
  "smlad r11, r9, " w01                     \
  ", r11\n"                                 \
  "smlatb r12, r9, " w01                    \
  ", r12\n"                                 \
  "smlabt r11, r10, " w12                   \
  ", r11\n"                                 \
  "smlad r12, r10, " w12 ", r12\n"
#define COVEY_DSP_WINDOW_ONE(row, w01, w12) \
  "ldrd r9, r10, [" row                     \
  "], #4\n"                                 \
  "smlad r11, r9, " w01                     \
  ", r11\n"                                 \
  "smlabt r11, r10, " w12 ", r11\n"

// clang-format off
#define COVEY_DSP_DEPTHWISE(sign_two, sign_one)     \
  "push {r4-r11, lr}\n"                             \
  "sub sp, #44\n"                                   \
  "ldm r0!, {r1-r11}\n"                             \
  "stm sp, {r1-r11}\n"                              \
  "ldm r0, {r0-r8, lr}\n"                           \
  "1:\n" /* a row */                                \
  "ldr r10, [sp, #20]\n"                            \
  "cmp lr, r10\n"                                   \
  "beq 3f\n"                                        \
  "2:\n" /* two pixels */                           \
  "ldrd r11, r12, [sp]\n"                           \
  COVEY_DSP_WINDOW_TWO("r0", "r3", "r4")               \
  COVEY_DSP_WINDOW_TWO("r1", "r5", "r6")               \
  COVEY_DSP_WINDOW_TWO("r2", "r7", "r8")               \
  "ldrd r9, r10, [sp, #8]\n"                        \
  "smmlar r11, r11, r9, r11\n"                      \
  "smmlar r12, r12, r9, r12\n"                      \
  sign_two                                          \
  "ldr r9, [sp, #16]\n"                             \
  "smmlar r11, r11, r10, r9\n"                      \
  "smmlar r12, r12, r10, r9\n"                      \
  "ssat r11, #8, r11\n"                             \
  "ssat r12, #8, r12\n"                             \
  "ldrd r10, r9, [sp, #20]\n"                       \
  "strb r11, [lr]\n"                                \
  "strb r12, [lr, r9]\n"                            \
  "add lr, lr, r9, lsl #1\n"                        \
  "cmp lr, r10\n"                                   \
  "bne 2b\n"                                        \
  "3:\n"                                            \
  "ldr r10, [sp, #28]\n"                            \
  "cmp lr, r10\n"                                   \
  "beq 5f\n"                                        \
  "4:\n" /* one pixel */                            \
  "ldr r11, [sp]\n"                                 \
  COVEY_DSP_WINDOW_ONE("r0", "r3", "r4")               \
  COVEY_DSP_WINDOW_ONE("r1", "r5", "r6")               \
  COVEY_DSP_WINDOW_ONE("r2", "r7", "r8")               \
  "ldrd r9, r10, [sp, #8]\n"                        \
  "smmlar r11, r11, r9, r11\n"                      \
  sign_one                                          \
  "ldr r9, [sp, #16]\n"                             \
  "smmlar r11, r11, r10, r9\n"                      \
  "ssat r11, #8, r11\n"                             \
  "ldrd r9, r10, [sp, #24]\n"                       \
  "strb r11, [lr]\n"                                \
  "add lr, lr, r9\n"                                \
  "cmp lr, r10\n"                                   \
  "bne 4b\n"                                        \
  "5:\n" /* the next row */                         \
  "ldrd r9, r10, [sp, #32]\n"                       \
  "ldr r12, [sp, #40]\n"                            \
  "add r0, r0, r9\n"                                \
  "add r1, r1, r9\n"                                \
  "add r2, r2, r9\n"                                \
  "ldr r9, [sp, #20]\n"                             \
  "ldr r11, [sp, #28]\n"                            \
  "add r9, r9, r10\n"                               \
  "add r11, r11, r10\n"                             \
  "str r9, [sp, #20]\n"                             \
  "str r11, [sp, #28]\n"                            \
  "subs r12, r12, #1\n"                             \
  "str r12, [sp, #40]\n"                            \
  "bne 1b\n"                                        \
  "add sp, #44\n"                                   \
  "pop {r4-r11, pc}\n"
// clang-format on

extern "C" __attribute__((naked)) void covey_dsp_depthwise3x3_relu(const Depthwise3x3*) {
  asm volatile(COVEY_DSP_DEPTHWISE("", ""));
}

#define COVEY_DSP_SIGN_OF(sum) "add " sum ", " sum ", " sum ", asr #31\n"
extern "C" __attribute__((naked)) void covey_dsp_depthwise3x3_signed(const Depthwise3x3*) {
  asm volatile(COVEY_DSP_DEPTHWISE(COVEY_DSP_SIGN_OF("r11") COVEY_DSP_SIGN_OF("r12"),
                                   COVEY_DSP_SIGN_OF("r11")));
}

}  // namespace covey::kernels::dsp
