#include "kernels/dsp/skip_loops.hpp"

#include "kernels/dsp/quad_finish.hpp"

namespace covey::kernels::dsp {

// r0 activations of the group, r1 list, r2 and r3 a step's weights, r4 to r7 sums of output a and
// four pixels, r8 to r11 of output b, r12 and lr activations of two pixels.
// clang-format off
#define COVEY_SKIP_WEIGHTS "ldrd r2, r3, [r1], #8\n"
#define COVEY_SKIP_LOW(load)                                          \
  "ldrd r12, lr, " load "\n"                                          \
  "smlad r4, r12, r2, r4\n smlad r8, r12, r3, r8\n"                   \
  "smlad r5, lr, r2, r5\n smlad r9, lr, r3, r9\n"
#define COVEY_SKIP_HIGH(load)                                         \
  "ldrd r12, lr, " load "\n"                                          \
  "smlad r6, r12, r2, r6\n smlad r10, r12, r3, r10\n"                 \
  "smlad r7, lr, r2, r7\n smlad r11, lr, r3, r11\n"
#define COVEY_SKIP_FIRST_LOW(load)                                    \
  "ldrd r12, lr, " load "\n"                                          \
  "smuad r4, r12, r2\n smuad r8, r12, r3\n"                           \
  "smuad r5, lr, r2\n smuad r9, lr, r3\n"
#define COVEY_SKIP_FIRST_HIGH(load)                                   \
  "ldrd r12, lr, " load "\n"                                          \
  "smuad r6, r12, r2\n smuad r10, r12, r3\n"                          \
  "smuad r7, lr, r2\n smuad r11, lr, r3\n"
// Steps 1 to 3, and step 0, which moves on to the next group.
#define COVEY_SKIP_1 COVEY_SKIP_WEIGHTS COVEY_SKIP_LOW("[r0, #16]") COVEY_SKIP_HIGH("[r0, #24]")
#define COVEY_SKIP_2 COVEY_SKIP_WEIGHTS COVEY_SKIP_LOW("[r0, #32]") COVEY_SKIP_HIGH("[r0, #40]")
#define COVEY_SKIP_3 COVEY_SKIP_WEIGHTS COVEY_SKIP_LOW("[r0, #48]") COVEY_SKIP_HIGH("[r0, #56]")
#define COVEY_SKIP_0 COVEY_SKIP_WEIGHTS COVEY_SKIP_HIGH("[r0, #8]") COVEY_SKIP_LOW("[r0], #64")
#define COVEY_SKIP_F1 \
  COVEY_SKIP_WEIGHTS COVEY_SKIP_FIRST_LOW("[r0, #16]") COVEY_SKIP_FIRST_HIGH("[r0, #24]")
#define COVEY_SKIP_F2 \
  COVEY_SKIP_WEIGHTS COVEY_SKIP_FIRST_LOW("[r0, #32]") COVEY_SKIP_FIRST_HIGH("[r0, #40]")
#define COVEY_SKIP_F3 \
  COVEY_SKIP_WEIGHTS COVEY_SKIP_FIRST_LOW("[r0, #48]") COVEY_SKIP_FIRST_HIGH("[r0, #56]")
#define COVEY_SKIP_F0 \
  COVEY_SKIP_WEIGHTS COVEY_SKIP_FIRST_HIGH("[r0, #8]") COVEY_SKIP_FIRST_LOW("[r0], #64")
#define COVEY_SKIP_ON "add r0, #64\n"
#define COVEY_SKIP_NONE                                               \
  "mov r4, #0\n mov r5, #0\n mov r6, #0\n mov r7, #0\n"               \
  "mov r8, #0\n mov r9, #0\n mov r10, #0\n mov r11, #0\n"
#define COVEY_SKIP_NEXT            \
  "ldr r2, [r1], #4\n"             \
  "ldr pc, [sp, r2, lsl #2]\n"

// The pieces of each mask, label 20 + mask. What ends alike is there once, since a small cache holds
// what is common then: a mask's piece begins somewhere in a longer one, or goes on there.
#define COVEY_SKIP_PIECES                                               \
  "35:\n" COVEY_SKIP_1                                                  \
  "33:\n" COVEY_SKIP_2                                                  \
  "29:\n" COVEY_SKIP_3                                                  \
  "21:\n" COVEY_SKIP_0 COVEY_SKIP_NEXT                                  \
  "34:\n" COVEY_SKIP_1                                                  \
  "32:\n" COVEY_SKIP_2                                                  \
  "28:\n" COVEY_SKIP_3                                                  \
  "20:\n" COVEY_SKIP_ON COVEY_SKIP_NEXT                                 \
  "31:\n" COVEY_SKIP_1 COVEY_SKIP_3 COVEY_SKIP_0 COVEY_SKIP_NEXT        \
  "27:\n" COVEY_SKIP_1                                                  \
  "25:\n" COVEY_SKIP_2 COVEY_SKIP_0 COVEY_SKIP_NEXT                     \
  "26:\n" COVEY_SKIP_1                                                  \
  "24:\n" COVEY_SKIP_2 COVEY_SKIP_ON COVEY_SKIP_NEXT                    \
  "23:\n" COVEY_SKIP_1 "b 21b\n"                                        \
  "30:\n" COVEY_SKIP_1 "b 28b\n"                                        \
  "22:\n" COVEY_SKIP_1 "b 20b\n"
// The same where sums begin, label 40 + mask: the first step, then the piece of the others.
#define COVEY_SKIP_FIRST_PIECES                                         \
  "55:\n" COVEY_SKIP_F1 "b 33b\n"                                       \
  "54:\n" COVEY_SKIP_F1 "b 32b\n"                                       \
  "53:\n" COVEY_SKIP_F2 "b 29b\n"                                       \
  "51:\n" COVEY_SKIP_F1 "b 29b\n"                                       \
  "47:\n" COVEY_SKIP_F1 "b 25b\n"                                       \
  "52:\n" COVEY_SKIP_F2 "b 28b\n"                                       \
  "50:\n" COVEY_SKIP_F1 "b 28b\n"                                       \
  "49:\n" COVEY_SKIP_F3 "b 21b\n"                                       \
  "48:\n" COVEY_SKIP_F3 "b 20b\n"                                       \
  "46:\n" COVEY_SKIP_F1 "b 24b\n"                                       \
  "45:\n" COVEY_SKIP_F2 "b 21b\n"                                       \
  "44:\n" COVEY_SKIP_F2 "b 20b\n"                                       \
  "43:\n" COVEY_SKIP_F1 "b 21b\n"                                       \
  "42:\n" COVEY_SKIP_F1 "b 20b\n"                                       \
  "41:\n" COVEY_SKIP_F0 COVEY_SKIP_NEXT                                 \
  "40:\n" COVEY_SKIP_NONE "b 20b\n"
// Their addresses, the end's behind the first sixteen; + 1: Thumb.
#define COVEY_SKIP_TABLE                              \
  ".balign 4\n"                                       \
  "10:\n"                                             \
  ".word 20f+1, 21f+1, 22f+1, 23f+1, 24f+1, 25f+1\n"  \
  ".word 26f+1, 27f+1, 28f+1, 29f+1, 30f+1, 31f+1\n"  \
  ".word 32f+1, 33f+1, 34f+1, 35f+1, 36f+1\n"
#define COVEY_SKIP_FIRST_TABLE                        \
  ".word 40f+1, 41f+1, 42f+1, 43f+1, 44f+1, 45f+1\n"  \
  ".word 46f+1, 47f+1, 48f+1, 49f+1, 50f+1, 51f+1\n"  \
  ".word 52f+1, 53f+1, 54f+1, 55f+1\n"

// Stack: the job, 64 bytes; the table from code 16 on.
extern "C" __attribute__((naked)) void covey_dsp_skip_quads(const TwoByFour*) {
  asm volatile(
      "push {r4-r11, lr}\n"
      "sub sp, #132\n"
      "mov r9, sp\n"
      "ldm r0!, {r1-r8}\n"
      "stm r9!, {r1-r8}\n"
      "ldm r0, {r1-r8}\n"
      "stm r9!, {r1-r8}\n"
      "mov r12, r7\n"
      COVEY_DSP_CHOOSE_ENDING
      "adr.w r0, 10f\n"
      "ldm r0!, {r1-r8}\n"
      "stm r9!, {r1-r8}\n"
      "ldm r0!, {r1-r8}\n"
      "stm r9!, {r1-r8}\n"
      "ldr r1, [r0]\n"
      "str r1, [r9]\n"
      "mov r0, r12\n"
      "2:\n"  // a quad
      "ldrd r4, r8, [sp]\n"
      "ldr r1, [sp, #8]\n"
      "mov r5, r4\n mov r6, r4\n mov r7, r4\n"
      "mov r9, r8\n mov r10, r8\n mov r11, r8\n"
      COVEY_SKIP_NEXT
      COVEY_SKIP_TABLE
      COVEY_SKIP_PIECES
      "36:\n"
      "ldr r2, [sp, #12]\n"
      "sub r0, r0, r2\n"
      "ldr pc, [sp, #52]\n"
      COVEY_DSP_ENDINGS("132"));
}

extern "C" __attribute__((naked)) void covey_dsp_copy_words(const uint32_t*, uint32_t*, int32_t) {
  asm volatile(
      "push {r4-r10, lr}\n"
      "subs r2, #16\n"
      "blt 2f\n"
      "1:\n"
      "ldm r0!, {r3-r10}\n"
      "stm r1!, {r3-r10}\n"
      "ldm r0!, {r3-r10}\n"
      "subs r2, #16\n"
      "stm r1!, {r3-r10}\n"
      "bge 1b\n"
      "2:\n"
      "adds r2, #16\n"
      "beq 4f\n"
      "cmp r2, #8\n"
      "blt 3f\n"
      "ldm r0!, {r3-r10}\n"
      "stm r1!, {r3-r10}\n"
      "subs r2, #8\n"
      "beq 4f\n"
      "3:\n"
      "ldr r3, [r0], #4\n"
      "subs r2, #1\n"
      "str r3, [r1], #4\n"
      "bne 3b\n"
      "4:\n"
      "pop {r4-r10, pc}\n");
}

// Stack: 0 the end of the sums, or where a position's list begins, 4 where sums go, 8 the turns; 64
// the table from code 16 on, whose ends say which of them it is.
static_assert(sizeof(void*) != 4 || __builtin_offsetof(WinogradTurns, next_first) == 20);
extern "C" __attribute__((naked)) void covey_dsp_skip_winograd(const uint32_t*, const uint32_t*,
                                                               int32_t*, const WinogradTurns*) {
  asm volatile(
      "push {r4-r11, lr}\n"
      "sub sp, #204\n"
      "mov lr, r3\n"
      "add r3, r2, #512\n"
      "strd r3, r2, [sp]\n"
      "adr.w r2, 10f\n"
      "add r3, sp, #64\n"
      "ldm r2!, {r4-r11}\n"
      "stm r3!, {r4-r11}\n"
      "ldm r2!, {r4-r11}\n"
      "stm r3!, {r4-r11}\n"
      "ldm r2!, {r4-r11}\n"
      "stm r3!, {r4-r11}\n"
      "ldm r2!, {r4-r12}\n"
      "stm r3!, {r4-r12}\n"
      "cmp lr, #0\n"
      "bne 7f\n"
      COVEY_SKIP_NEXT
      COVEY_SKIP_TABLE COVEY_SKIP_FIRST_TABLE
      COVEY_SKIP_PIECES COVEY_SKIP_FIRST_PIECES
      "36:\n"
      "ldrd r2, r3, [sp]\n"
      "stm r3!, {r4-r11}\n"
      "cmp r3, r2\n"
      "str r3, [sp, #4]\n"
      "beq 8f\n"
      COVEY_SKIP_NEXT
      "7:\n"  // by position: another end
      "ldm lr, {r4-r9}\n"
      "add r3, sp, #8\n"
      "stm r3, {r4-r9}\n"
      "adr.w r3, 37f\n"
      "cmp r9, #0\n"
      "beq 4f\n"
      "adr.w r3, 38f\n"
      "add r3, #1\n"  // Thumb
      "str r3, [sp, #196]\n"
      "adr.w r3, 39f\n"
      "4:\n"
      "add r3, #1\n"
      "str r3, [sp, #128]\n"
      "str r1, [sp]\n"
      COVEY_SKIP_NEXT
      ".balign 4\n"
      "37:\n"
      "ldrd r2, r3, [sp]\n"
      "stm r3, {r4-r11}\n"
      "ldrd r4, r5, [sp, #8]\n"
      "add r3, #512\n"
      "cmp r3, r4\n"
      "beq 6f\n"
      "str r3, [sp, #4]\n"
      "add r0, r5\n"
      "mov r1, r2\n"
      COVEY_SKIP_NEXT
      ".balign 4\n"
      "39:\n"  // of a position in parts: the second one goes on from sums
      "ldrd r2, r3, [sp]\n"
      "stm r3, {r4-r11}\n"
      "ldrd r4, r5, [sp, #8]\n"
      "add r3, #512\n"
      "cmp r3, r4\n"
      "beq 6f\n"
      "str r3, [sp, #4]\n"
      "add r0, r5\n"
      "mov r1, r2\n"
      "ldm r3, {r4-r11}\n"
      COVEY_SKIP_NEXT
      ".balign 4\n"
      "38:\n"  // of a first part
      "ldrd r2, r3, [sp]\n"
      "stm r3, {r4-r11}\n"
      "ldr r4, [sp, #8]\n"
      "ldr r5, [sp, #28]\n"
      "add r3, #512\n"
      "cmp r3, r4\n"
      "beq 5f\n"
      "str r3, [sp, #4]\n"
      "add r0, r5\n"
      "mov r1, r2\n"
      COVEY_SKIP_NEXT
      "5:\n"  // the second part
      "ldrd r5, r6, [sp, #16]\n"
      "sub r0, r5\n"
      "sub r3, r6\n"
      "sub r3, #32\n"
      "strd r1, r3, [sp]\n"
      "ldm r3, {r4-r11}\n"
      COVEY_SKIP_NEXT
      "6:\n"  // the next position
      "ldrd r5, r6, [sp, #16]\n"
      "ldr r7, [sp, #24]\n"
      "add r4, #32\n"
      "sub r0, r5\n"
      "sub r3, r6\n"
      "str r4, [sp, #8]\n"
      "strd r1, r3, [sp]\n"
      "cmp r4, r7\n"
      "beq 8f\n"
      COVEY_SKIP_NEXT
      "8:\n"
      "add sp, #204\n"
      "pop {r4-r11, pc}\n");
}
// clang-format on

}  // namespace covey::kernels::dsp
