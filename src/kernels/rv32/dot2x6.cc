#include "kernels/rv32/dot2x6.hpp"

namespace covey::kernels::rv32 {

static_assert(__builtin_offsetof(Dot2x6, turns) == 12);
static_assert(__builtin_offsetof(Dot2x6, first) == 16);
static_assert(__builtin_offsetof(Dot2x6, sums) == 32);

// t0 to t5 the turn's sums, channel 0 and 1; s0 to s5 high, s6 to s11 all; a0, a1 weights; a2 x, a3
// product, a4 2^15; a5 x, a6, a7 weights' addresses; t6 where the fours end; ra turns.
#define COVEY_RV32_PAIR(x, op0, op1, from0, from1) \
  "lw a2, " x                                      \
  "(a5)\n"                                         \
  "mul a3, a2, a0\n"                               \
  "add " op0 ", " from0                            \
  ", a3\n"                                         \
  "mul a3, a2, a1\n"                               \
  "add " op1 ", " from1 ", a3\n"
#define COVEY_RV32_FIRST(k, x0, x1, x2)                            \
  "lb a0, " k                                                      \
  "(a6)\n"                                                         \
  "lb a1, " k "(a7)\n" COVEY_RV32_PAIR(x0, "t0", "t3", "a4", "a4") \
      COVEY_RV32_PAIR(x1, "t1", "t4", "a4", "a4") COVEY_RV32_PAIR(x2, "t2", "t5", "a4", "a4")
#define COVEY_RV32_TAP(k, x0, x1, x2)                              \
  "lb a0, " k                                                      \
  "(a6)\n"                                                         \
  "lb a1, " k "(a7)\n" COVEY_RV32_PAIR(x0, "t0", "t3", "t0", "t3") \
      COVEY_RV32_PAIR(x1, "t1", "t4", "t1", "t4") COVEY_RV32_PAIR(x2, "t2", "t5", "t2", "t5")
#define COVEY_RV32_ADD(turn, high, all) \
  "srai a3, " turn                      \
  ", 16\n"                              \
  "add " high ", " high                 \
  ", a3\n"                              \
  "add " all ", " all ", " turn "\n"
#define COVEY_RV32_TURN             \
  COVEY_RV32_ADD("t0", "s0", "s6")  \
  COVEY_RV32_ADD("t1", "s1", "s7")  \
  COVEY_RV32_ADD("t2", "s2", "s8")  \
  COVEY_RV32_ADD("t3", "s3", "s9")  \
  COVEY_RV32_ADD("t4", "s4", "s10") \
  COVEY_RV32_ADD("t5", "s5", "s11")
#define COVEY_RV32_LEAVE(high, all, at_a, at_b) \
  "slli a3, " high                              \
  ", 16\n"                                      \
  "sub a3, " all                                \
  ", a3\n"                                      \
  "sw a3, " at_a                                \
  "(a0)\n"                                      \
  "sw " high ", " at_b "(a0)\n"

extern "C" __attribute__((naked)) void covey_rv32_dot2x6(const Dot2x6*) {
  asm volatile(
      "addi sp, sp, -64\n"
      "sw ra, 0(sp)\n sw s0, 4(sp)\n sw s1, 8(sp)\n sw s2, 12(sp)\n"
      "sw s3, 16(sp)\n sw s4, 20(sp)\n sw s5, 24(sp)\n sw s6, 28(sp)\n"
      "sw s7, 32(sp)\n sw s8, 36(sp)\n sw s9, 40(sp)\n sw s10, 44(sp)\n"
      "sw s11, 48(sp)\n sw a0, 52(sp)\n"
      "lw a5, 0(a0)\n"
      "lw a3, 32(a0)\n"
      "sw a3, 60(sp)\n"
      "6:\n"
      "lw a6, 4(a0)\n"
      "lw a7, 8(a0)\n"
      "lw ra, 12(a0)\n"
      "sw a5, 56(sp)\n"
      "lw s0, 16(a0)\n mv s1, s0\n mv s2, s0\n"
      "lw s3, 20(a0)\n mv s4, s3\n mv s5, s3\n"
      "lw s6, 24(a0)\n mv s7, s6\n mv s8, s6\n"
      "lw s9, 28(a0)\n mv s10, s9\n mv s11, s9\n"
      "lui a4, 8\n"
      "j 4f\n"
      "1:\n"
      COVEY_RV32_FIRST("0", "0", "4", "8")
      COVEY_RV32_TAP("1", "12", "16", "20")
      COVEY_RV32_TAP("2", "24", "28", "32")
      COVEY_RV32_TAP("3", "36", "40", "44")
      COVEY_RV32_TURN
      "addi a5, a5, 48\n"
      "addi a6, a6, 4\n"
      "addi a7, a7, 4\n"
      "bne a5, t6, 1b\n"
      "2:\n"
      "lw t6, 0(ra)\n"
      "addi ra, ra, 4\n"
      "beqz t6, 4f\n"
      "bltz t6, 7f\n"
      "3:\n"
      COVEY_RV32_FIRST("0", "0", "4", "8")
      COVEY_RV32_TURN
      "addi a5, a5, 12\n"
      "addi a6, a6, 1\n"
      "addi a7, a7, 1\n"
      "addi t6, t6, -1\n"
      "bnez t6, 3b\n"
      "4:\n"
      "lw t6, 0(ra)\n"
      "addi ra, ra, 4\n"
      "bltz t6, 5f\n"
      "lw a3, 56(sp)\n"
      "add t6, t6, a3\n"
      "beq a5, t6, 2b\n"
      "j 1b\n"
      "7:\n"
      COVEY_RV32_FIRST("0", "0", "4", "8")
      COVEY_RV32_TAP("1", "12", "16", "20")
      COVEY_RV32_TURN
      "addi a5, a5, 24\n"
      "addi a6, a6, 2\n"
      "addi a7, a7, 2\n"
      "addi t6, t6, 1\n"
      "bnez t6, 7b\n"
      "j 4b\n"
      "5:\n"
      "lw a0, 60(sp)\n"
      COVEY_RV32_LEAVE("s0", "s6", "0", "4")
      COVEY_RV32_LEAVE("s1", "s7", "8", "12")
      COVEY_RV32_LEAVE("s2", "s8", "16", "20")
      COVEY_RV32_LEAVE("s3", "s9", "24", "28")
      COVEY_RV32_LEAVE("s4", "s10", "32", "36")
      COVEY_RV32_LEAVE("s5", "s11", "40", "44")
      "addi a1, a0, 48\n"
      "sw a1, 60(sp)\n"
      "lw a0, 52(sp)\n"
      "lw a1, 36(a0)\n"
      "bne a5, a1, 6b\n"
      "lw ra, 0(sp)\n lw s0, 4(sp)\n lw s1, 8(sp)\n lw s2, 12(sp)\n"
      "lw s3, 16(sp)\n lw s4, 20(sp)\n lw s5, 24(sp)\n lw s6, 28(sp)\n"
      "lw s7, 32(sp)\n lw s8, 36(sp)\n lw s9, 40(sp)\n lw s10, 44(sp)\n"
      "lw s11, 48(sp)\n"
      "addi sp, sp, 64\n"
      "ret\n");
}

}  // namespace covey::kernels::rv32
