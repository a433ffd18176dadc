#include "kernels/mve/chunk_loop.hpp"

namespace covey::kernels::mve {

static_assert(sizeof(void*) != 4 || __builtin_offsetof(ChunkLoop, chunks) == 12);
static_assert(sizeof(void*) != 4 || __builtin_offsetof(ChunkLoop, weights) == 20);
static_assert(sizeof(void*) != 4 || __builtin_offsetof(ChunkLoop, out) == 32);
static_assert(sizeof(void*) != 4 || __builtin_offsetof(ChunkLoop, bias) == 40);
static_assert(sizeof(void*) != 4 || __builtin_offsetof(ChunkLoop, offset) == 52);

// clang-format off
// r1 weights, r3 codes, r9 two pixels' inputs; eight sums in even registers, as in dot4x2.
#define COVEY_CHUNK_INPUTS "vldrb.8 q0, [r9], #16\n vldrb.8 q1, [r9], #16\n"
#define COVEY_CHUNK_OF(a, b) \
  "vldrb.8 q2, [r1], #16\n vmladava.s8 " a ", q2, q0\n vmladava.s8 " b ", q2, q1\n"
#define COVEY_CHUNK_0 COVEY_CHUNK_OF("r0", "r2")
#define COVEY_CHUNK_1 COVEY_CHUNK_OF("r4", "r6")
#define COVEY_CHUNK_2 COVEY_CHUNK_OF("r8", "r10")
#define COVEY_CHUNK_3 COVEY_CHUNK_OF("r12", "lr")
#define COVEY_CHUNK_NEXT "ldr pc, [r3], #4\n"
// One of the pieces, 64 bytes apart.
#define COVEY_CHUNK_PIECE(kept) ".balign 64\n" COVEY_CHUNK_INPUTS kept COVEY_CHUNK_NEXT
#define COVEY_CHUNK_PIECES                                                   \
  ".balign 64\n 20:\n add r9, #32\n" COVEY_CHUNK_NEXT                        \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_0)                                           \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_1)                                           \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_0 COVEY_CHUNK_1)                             \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_2)                                           \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_0 COVEY_CHUNK_2)                             \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_1 COVEY_CHUNK_2)                             \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_0 COVEY_CHUNK_1 COVEY_CHUNK_2)               \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_3)                                           \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_0 COVEY_CHUNK_3)                             \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_1 COVEY_CHUNK_3)                             \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_0 COVEY_CHUNK_1 COVEY_CHUNK_3)               \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_2 COVEY_CHUNK_3)                             \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_0 COVEY_CHUNK_2 COVEY_CHUNK_3)               \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_1 COVEY_CHUNK_2 COVEY_CHUNK_3)               \
  COVEY_CHUNK_PIECE(COVEY_CHUNK_0 COVEY_CHUNK_1 COVEY_CHUNK_2 COVEY_CHUNK_3)

// Two masks of r2 to codes; r4 the first piece.
#define COVEY_CHUNK_CODES(low, high)   \
  "ubfx r5, r2, #" low ", #4\n"        \
  "add r5, r4, r5, lsl #6\n"           \
  "ubfx r6, r2, #" high ", #4\n"       \
  "add r6, r4, r6, lsl #6\n"           \
  "strd r5, r6, [r3], #8\n"
// A pair's sums begin with the bias.
#define COVEY_CHUNK_BEGIN "ldm r5, {r0, r2, r4, r6, r8, r10, r12, lr}\n" COVEY_CHUNK_NEXT
#define COVEY_CHUNK_END    \
  "cmp r9, r7\n"           \
  "beq 6f\n"               \
  "mov r3, r11\n"          \
  "ldr r1, [sp]\n"         \
  COVEY_CHUNK_BEGIN

// Stack: 0 weights, 4 out, 8 step. q3 the zero point, q4 most, q5 multiplier, q6 shift, q7 least;
// r5 bias, r7 the end of inputs, r11 the first code. Rounding as in dot4x2.
extern "C" __attribute__((naked)) void covey_mve_chunks(const ChunkLoop*) {
  asm volatile(
      "push {r4-r11, lr}\n"
      "vpush {d8-d15}\n"
      "sub sp, #12\n"
      "ldrd r1, r2, [r0]\n"
      "ldrd r3, r7, [r0, #8]\n"
      "mov r11, r3\n"
      "adr.w r4, 20f\n"
      "add r4, #1\n"  // Thumb
      "dls lr, r2\n"
      "1:\n"
      "ldr r2, [r1], #4\n"
      COVEY_CHUNK_CODES("0", "4") COVEY_CHUNK_CODES("8", "12")
      COVEY_CHUNK_CODES("16", "20") COVEY_CHUNK_CODES("24", "28")
      "le lr, 1b\n"
      "ldr r2, [r0, #16]\n"
      "adr.w r5, 3f\n"
      "adr.w r6, 4f\n"
      "cmp r2, #0\n"
      "it ne\n"
      "movne r5, r6\n"
      "add r5, #1\n"
      "str r5, [r11, r7, lsl #2]\n"
      "mov r3, r11\n"
      "ldrd r1, r9, [r0, #20]\n"
      "ldr r7, [r0, #28]\n"
      "ldrd r2, r4, [r0, #32]\n"
      "str r1, [sp]\n"
      "strd r2, r4, [sp, #4]\n"
      "ldrd r5, r6, [r0, #40]\n"
      "ldrd r2, r4, [r0, #48]\n"
      "vldrw.32 q5, [r6]\n"
      "vldrw.32 q6, [r2]\n"
      "vdup.32 q3, r4\n"
      "ldrd r2, r4, [r0, #56]\n"
      "vdup.32 q7, r2\n"
      "vdup.32 q4, r4\n"
      COVEY_CHUNK_BEGIN
      COVEY_CHUNK_PIECES
      ".balign 4\n"
      "3:\n"
      "vmov q0[2], q0[0], r0, r8\n"
      "vmov q0[3], q0[1], r4, r12\n"
      "vmov q1[2], q1[0], r2, r10\n"
      "vmov q1[3], q1[1], r6, lr\n"
      "vqrdmulh.s32 q0, q0, q5\n"
      "vqrdmulh.s32 q1, q1, q5\n"
      "vshr.s32 q2, q0, #31\n"
      "vqadd.s32 q0, q0, q2\n"
      "vshr.s32 q2, q1, #31\n"
      "vqadd.s32 q1, q1, q2\n"
      "vrshl.s32 q0, q0, q6\n"
      "vrshl.s32 q1, q1, q6\n"
      "ldrd r4, r6, [sp, #4]\n"
      "vqadd.s32 q0, q0, q3\n"
      "vqadd.s32 q1, q1, q3\n"
      "vmax.s32 q0, q0, q7\n"
      "vmax.s32 q1, q1, q7\n"
      "vmin.s32 q0, q0, q4\n"
      "vmin.s32 q1, q1, q4\n"
      "vstrb.32 q0, [r4]\n"
      "add r4, r6\n"
      "vstrb.32 q1, [r4]\n"
      "add r4, r6\n"
      "str r4, [sp, #4]\n"
      COVEY_CHUNK_END
      ".balign 4\n"
      "4:\n"
      "ldr r1, [sp, #4]\n"
      "stmia r1!, {r0, r2, r4, r6, r8, r10, r12, lr}\n"
      "str r1, [sp, #4]\n"
      COVEY_CHUNK_END
      "6:\n"
      "add sp, #12\n"
      "vpop {d8-d15}\n"
      "pop {r4-r11, pc}\n");
}
// clang-format on

}  // namespace covey::kernels::mve
