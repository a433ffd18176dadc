#include "kernels/mve/depthwise3x3.hpp"

namespace covey::kernels::mve {

// r0, r1, r2 rows; r3 step, r4 from a row's last tap to its next block; r5 block, r6 its end, r7
// back; r8 out; r9 offset, r10 least, r11 most; lr count. q0 to q3 sums, q6 and q4 a pair's
// products.
#define COVEY_MVE_DW_FIRST(row, step) \
  "vldrb.8 q4, [" row                 \
  "]\n"                               \
  "add " row ", " row ", " step       \
  "\n"                                \
  "vldrb.8 q5, [r5], #16\n"           \
  "vmullb.s8 q6, q4, q5\n"            \
  "vmullt.s8 q4, q4, q5\n"
// Seven registers do not hold both halves of a product beside a pair: the bytes are loaded twice.
#define COVEY_MVE_DW_SECOND(row, step) \
  "vldrb.8 q5, [" row                  \
  "]\n"                                \
  "vldrb.8 q7, [r5], #16\n"            \
  "vmullb.s8 q5, q5, q7\n"             \
  "vadd.i16 q6, q6, q5\n"              \
  "vldrb.8 q5, [" row                  \
  "]\n"                                \
  "add " row ", " row ", " step        \
  "\n"                                 \
  "vmullt.s8 q5, q5, q7\n"             \
  "vadd.i16 q4, q4, q5\n"
#define COVEY_MVE_DW_ADD  \
  "vmovlb.s16 q5, q6\n"   \
  "vmovlt.s16 q6, q6\n"   \
  "vmovlb.s16 q7, q4\n"   \
  "vmovlt.s16 q4, q4\n"   \
  "vadd.i32 q0, q0, q5\n" \
  "vadd.i32 q1, q1, q6\n" \
  "vadd.i32 q2, q2, q7\n" \
  "vadd.i32 q3, q3, q4\n"
#define COVEY_MVE_DW_SCALE(sum) \
  "vldrw.32 q4, [r5], #16\n"    \
  "vldrw.32 q5, [r5], #16\n"    \
  "vadd.i32 " sum ", " sum      \
  ", q4\n"                      \
  "vldrw.32 q6, [r5], #16\n"    \
  "vqrdmulh.s32 " sum ", " sum  \
  ", q5\n"                      \
  "vshr.s32 q7, " sum           \
  ", #31\n"                     \
  "vqadd.s32 " sum ", " sum     \
  ", q7\n"                      \
  "vrshl.s32 " sum ", " sum ", q6\n"

static_assert(__builtin_offsetof(Depthwise3x3, step) == 12);
static_assert(__builtin_offsetof(Depthwise3x3, out) == 28);
static_assert(__builtin_offsetof(Depthwise3x3, count) == 44);

extern "C" __attribute__((naked)) void covey_mve_depthwise3x3(const Depthwise3x3*) {
  asm volatile(
      "push {r4-r11, lr}\n"
      "vpush {d8-d15}\n"
      "mov r12, r0\n"
      "ldrd r0, r1, [r12]\n"
      "ldrd r2, r3, [r12, #8]\n"
      "ldrd r5, r6, [r12, #16]\n"
      "ldrd r7, r8, [r12, #24]\n"
      "ldrd r9, r10, [r12, #32]\n"
      "ldrd r11, lr, [r12, #40]\n"
      "rsb r4, r3, #8\n"
      "lsl r4, r4, #1\n"  // 16 - 2 * step
      "1:\n"
      COVEY_MVE_DW_FIRST("r0", "r3")
      COVEY_MVE_DW_SECOND("r0", "r3")
      "vmovlb.s16 q0, q6\n"
      "vmovlt.s16 q1, q6\n"
      "vmovlb.s16 q2, q4\n"
      "vmovlt.s16 q3, q4\n"
      COVEY_MVE_DW_FIRST("r0", "r4")
      COVEY_MVE_DW_SECOND("r1", "r3")
      COVEY_MVE_DW_ADD
      COVEY_MVE_DW_FIRST("r1", "r3")
      COVEY_MVE_DW_SECOND("r1", "r4")
      COVEY_MVE_DW_ADD
      COVEY_MVE_DW_FIRST("r2", "r3")
      COVEY_MVE_DW_SECOND("r2", "r3")
      COVEY_MVE_DW_ADD
      COVEY_MVE_DW_FIRST("r2", "r4")
      COVEY_MVE_DW_ADD
      COVEY_MVE_DW_SCALE("q0")
      COVEY_MVE_DW_SCALE("q1")
      COVEY_MVE_DW_SCALE("q2")
      COVEY_MVE_DW_SCALE("q3")
      // Bytes 0, 2, 4, ... of the sixteen in q0, the odd ones in q2.
      "vqmovnb.s32 q0, q0\n"
      "vqmovnt.s32 q0, q1\n"
      "vqmovnb.s32 q2, q2\n"
      "vqmovnt.s32 q2, q3\n"
      "vqadd.s16 q0, q0, r9\n"
      "vqadd.s16 q2, q2, r9\n"
      "vdup.16 q4, r10\n"
      "vdup.16 q5, r11\n"
      "vmax.s16 q0, q0, q4\n"
      "vmax.s16 q2, q2, q4\n"
      "vmin.s16 q0, q0, q5\n"
      "vmin.s16 q2, q2, q5\n"
      "vmovnt.i16 q0, q2\n"
      "vctp.8 lr\n"
      "vpst\n"
      "vstrbt.8 q0, [r8], #16\n"
      "cmp r5, r6\n"
      "it eq\n"
      "subeq r5, r5, r7\n"
      "subs lr, lr, #16\n"
      "bgt 1b\n"
      "vpop {d8-d15}\n"
      "pop {r4-r11, pc}\n");
}

}  // namespace covey::kernels::mve
