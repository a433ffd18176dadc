#include "kernels/rv32/depthwise3x3.hpp"

namespace covey::kernels::rv32 {

static_assert(__builtin_offsetof(Depthwise3x3, out) == 16);
static_assert(__builtin_offsetof(Depthwise3x3, left) == 28);
static_assert(__builtin_offsetof(Depthwise3x3, bias) == 64);
static_assert(__builtin_offsetof(Depthwise3x3, most) == 84);

// s0 to s8 weights by columns, t0 to t2 sums, a0 to a2 a column, a3 to a5 rows, a6 pixel, a7 out,
// s9 bias, s10 multiplier, s11 rounding, t3 shift, t4 least, t5 most, t6 product, ra outputs left
// in the row. On the stack: 52 the job, 56 the row's first byte, 60 rows left.
#define COVEY_RV32_DW_BEGIN                                          \
  "addi sp, sp, -64\n"                                               \
  "sw ra, 0(sp)\n sw s0, 4(sp)\n sw s1, 8(sp)\n sw s2, 12(sp)\n"     \
  "sw s3, 16(sp)\n sw s4, 20(sp)\n sw s5, 24(sp)\n sw s6, 28(sp)\n"  \
  "sw s7, 32(sp)\n sw s8, 36(sp)\n sw s9, 40(sp)\n sw s10, 44(sp)\n" \
  "sw s11, 48(sp)\n sw a0, 52(sp)\n"                                 \
  "lw a3, 0(a0)\n lw t6, 24(a0)\n lw a6, 12(a0)\n lw a7, 16(a0)\n"   \
  "sw a3, 56(sp)\n sw t6, 60(sp)\n"                                  \
  "lw s0, 28(a0)\n lw s1, 32(a0)\n lw s2, 36(a0)\n"                  \
  "lw s3, 40(a0)\n lw s4, 44(a0)\n lw s5, 48(a0)\n"                  \
  "lw s6, 52(a0)\n lw s7, 56(a0)\n lw s8, 60(a0)\n"                  \
  "lw s9, 64(a0)\n lw s10, 68(a0)\n lw s11, 72(a0)\n"                \
  "lw t3, 76(a0)\n lw t4, 80(a0)\n lw t5, 84(a0)\n"                  \
  "5:\n" /* a row */                                                 \
  "lw a1, 4(a0)\n"                                                   \
  "lw ra, 20(a0)\n"                                                  \
  "add a4, a3, a1\n"                                                 \
  "add a5, a4, a1\n"
#define COVEY_RV32_DW_END                                            \
  "lw a0, 52(sp)\n"                                                  \
  "lw a3, 56(sp)\n"                                                  \
  "lw a1, 8(a0)\n"                                                   \
  "lw t6, 60(sp)\n"                                                  \
  "add a3, a3, a1\n"                                                 \
  "addi t6, t6, -1\n"                                                \
  "sw a3, 56(sp)\n"                                                  \
  "sw t6, 60(sp)\n"                                                  \
  "bnez t6, 5b\n"                                                    \
  "lw ra, 0(sp)\n lw s0, 4(sp)\n lw s1, 8(sp)\n lw s2, 12(sp)\n"     \
  "lw s3, 16(sp)\n lw s4, 20(sp)\n lw s5, 24(sp)\n lw s6, 28(sp)\n"  \
  "lw s7, 32(sp)\n lw s8, 36(sp)\n lw s9, 40(sp)\n lw s10, 44(sp)\n" \
  "lw s11, 48(sp)\n"                                                 \
  "addi sp, sp, 64\n"                                                \
  "ret\n"
#define COVEY_RV32_DW_COLUMN(at) \
  "lb a0, " at                   \
  "(a3)\n"                       \
  "lb a1, " at                   \
  "(a4)\n"                       \
  "lb a2, " at "(a5)\n"
#define COVEY_RV32_DW_ADVANCE(bytes) \
  "addi a3, a3, " bytes              \
  "\n"                               \
  "addi a4, a4, " bytes              \
  "\n"                               \
  "addi a5, a5, " bytes "\n"
#define COVEY_RV32_DW_DOT(sum, from, w0, w1, w2) \
  "mul t6, a0, " w0                              \
  "\n"                                           \
  "add " sum ", " from                           \
  ", t6\n"                                       \
  "mul t6, a1, " w1                              \
  "\n"                                           \
  "add " sum ", " sum                            \
  ", t6\n"                                       \
  "mul t6, a2, " w2                              \
  "\n"                                           \
  "add " sum ", " sum ", t6\n"
#define COVEY_RV32_DW_LEFT(sum) COVEY_RV32_DW_DOT(sum, "s9", "s0", "s1", "s2")
#define COVEY_RV32_DW_MIDDLE(sum) COVEY_RV32_DW_DOT(sum, sum, "s3", "s4", "s5")
#define COVEY_RV32_DW_RIGHT(sum) COVEY_RV32_DW_DOT(sum, sum, "s6", "s7", "s8")
#define COVEY_RV32_DW_FINISH(sum) \
  "mul a0, " sum                  \
  ", s10\n"                       \
  "mulh a1, " sum                 \
  ", s10\n"                       \
  "srli a0, a0, 31\n"             \
  "add a1, a1, a0\n"              \
  "srai a0, a1, 31\n"             \
  "add a1, a1, a0\n"              \
  "add a1, a1, s11\n"             \
  "sra a1, a1, t3\n"              \
  "bge a1, t4, 8f\n"              \
  "mv a1, t4\n"                   \
  "8:\n"                          \
  "bge t5, a1, 8f\n"              \
  "mv a1, t5\n"                   \
  "8:\n"                          \
  "sb a1, 0(a7)\n"                \
  "add a7, a7, a6\n"
// The column ends the window of `a`, is the middle of `b`'s and begins `c`'s.
#define COVEY_RV32_DW_STEP(at, a, b, c) \
  COVEY_RV32_DW_COLUMN(at)              \
  COVEY_RV32_DW_RIGHT(a) COVEY_RV32_DW_MIDDLE(b) COVEY_RV32_DW_LEFT(c)         \
      COVEY_RV32_DW_FINISH(a)                                                  \
  "addi ra, ra, -1\n"                                                          \
  "beqz ra, 9f\n"

extern "C" __attribute__((naked)) void covey_rv32_depthwise3x3(const Depthwise3x3*) {
  asm volatile(
      COVEY_RV32_DW_BEGIN
      COVEY_RV32_DW_COLUMN("0")
      COVEY_RV32_DW_LEFT("t0")
      COVEY_RV32_DW_COLUMN("1")
      COVEY_RV32_DW_MIDDLE("t0")
      COVEY_RV32_DW_LEFT("t1")
      "1:\n"
      COVEY_RV32_DW_STEP("2", "t0", "t1", "t2")
      COVEY_RV32_DW_STEP("3", "t1", "t2", "t0")
      COVEY_RV32_DW_STEP("4", "t2", "t0", "t1")
      COVEY_RV32_DW_ADVANCE("3")
      "j 1b\n"
      "9:\n"
      COVEY_RV32_DW_END);
}

extern "C" __attribute__((naked)) void covey_rv32_depthwise3x3_by_two(const Depthwise3x3*) {
  asm volatile(
      COVEY_RV32_DW_BEGIN
      COVEY_RV32_DW_COLUMN("0")
      COVEY_RV32_DW_LEFT("t1")
      "1:\n"
      "mv t0, t1\n"
      COVEY_RV32_DW_COLUMN("1")
      COVEY_RV32_DW_MIDDLE("t0")
      COVEY_RV32_DW_COLUMN("2")
      COVEY_RV32_DW_RIGHT("t0")
      COVEY_RV32_DW_LEFT("t1")
      COVEY_RV32_DW_FINISH("t0")
      COVEY_RV32_DW_ADVANCE("2")
      "addi ra, ra, -1\n"
      "bnez ra, 1b\n"
      COVEY_RV32_DW_END);
}

}  // namespace covey::kernels::rv32
