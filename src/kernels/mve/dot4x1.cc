#include "kernels/mve/dot4x1.hpp"

namespace covey::kernels::mve {

// r9 x; r1, r3, r5, r7 weights; even registers: four sums of products, four of weights.
#define COVEY_MVE_OUTPUT(w, sum, total) \
  "vldrb.8 q1, [" w                     \
  "], #16\n"                            \
  "vmladava.s8 " sum                    \
  ", q1, q0\n"                          \
  "vaddva.s8 " total ", q1\n"
#define COVEY_MVE_FC_CHUNK                                                                         \
  "vldrb.8 q0, [r9], #16\n" COVEY_MVE_OUTPUT("r1", "r0", "r8") COVEY_MVE_OUTPUT("r3", "r2", "r10") \
      COVEY_MVE_OUTPUT("r5", "r4", "r12") COVEY_MVE_OUTPUT("r7", "r6", "lr")
// Zero behind the row.
#define COVEY_MVE_FC_TAIL(w, sum, total) \
  "vpst\n"                               \
  "vldrbt.u8 q1, [" w                    \
  "]\n"                                  \
  "vmladava.s8 " sum                     \
  ", q1, q0\n"                           \
  "vaddva.s8 " total ", q1\n"

extern "C" __attribute__((naked)) void covey_mve_dot4x1(const int8_t*, const FourRows*, int32_t*) {
  asm volatile(
      "push {r2, r4-r11, lr}\n"
      "mov r9, r0\n"
      "ldrd r4, r6, [r1]\n"
      "ldrd r11, r8, [r1, #8]\n"
      "push {r8}\n"
      "mov r1, r4\n"
      "add r3, r1, r6\n"
      "add r5, r3, r6\n"
      "add r7, r5, r6\n"
      "mov r0, #0\n mov r2, #0\n mov r4, #0\n mov r6, #0\n"
      "mov r8, #0\n mov r10, #0\n mov r12, #0\n mov lr, #0\n"
      "subs r11, r11, #2\n"
      "blo 2f\n"
      "1:\n" COVEY_MVE_FC_CHUNK COVEY_MVE_FC_CHUNK
      "subs r11, r11, #2\n"
      "bhs 1b\n"
      "2:\n"
      "adds r11, r11, #2\n"
      "beq 3f\n"  // an odd chunk
      COVEY_MVE_FC_CHUNK
      "3:\n"
      "pop {r11}\n"
      "cmp r11, #0\n"
      "beq 4f\n"
      "vctp.8 r11\n"
      "vpst\n"
      "vldrbt.u8 q0, [r9]\n"
      COVEY_MVE_FC_TAIL("r1", "r0", "r8")
      COVEY_MVE_FC_TAIL("r3", "r2", "r10")
      COVEY_MVE_FC_TAIL("r5", "r4", "r12")
      COVEY_MVE_FC_TAIL("r7", "r6", "lr")
      "4:\n"
      "pop {r1}\n"
      "stm r1, {r0, r2, r4, r6, r8, r10, r12, lr}\n"
      "pop {r4-r11, pc}\n");
}

}  // namespace covey::kernels::mve
