#include "kernels/rv32/winograd_dot.hpp"

namespace covey::kernels::rv32 {

// a0 u, a1 v, a6 the end of u for this position, a7 m, ra bytes of u for a position, t6 positions
// left; a2 to a5 four of u, t4 one of v, t5 product; s0 to s11, t0 to t3 sums.
#define COVEY_RV32_WG_MAC(u, sum) \
  "mul t5, t4, " u                \
  "\n"                            \
  "add " sum ", " sum ", t5\n"
#define COVEY_RV32_WG_TILE(at, s0, s1, s2, s3)                                  \
  "lh t4, " at "(a1)\n" COVEY_RV32_WG_MAC("a2", s0) COVEY_RV32_WG_MAC("a3", s1) \
      COVEY_RV32_WG_MAC("a4", s2) COVEY_RV32_WG_MAC("a5", s3)
#define COVEY_RV32_WG_CHANNEL(a, b, c, d)                                                          \
  "lh a2, " a                                                                                      \
  "(a0)\n"                                                                                         \
  "lh a3, " b                                                                                      \
  "(a0)\n"                                                                                         \
  "lh a4, " c                                                                                      \
  "(a0)\n"                                                                                         \
  "lh a5, " d "(a0)\n" COVEY_RV32_WG_TILE(a, "s0", "s4", "s8", "t0")                               \
      COVEY_RV32_WG_TILE(b, "s1", "s5", "s9", "t1") COVEY_RV32_WG_TILE(c, "s2", "s6", "s10", "t2") \
          COVEY_RV32_WG_TILE(d, "s3", "s7", "s11", "t3")

extern "C" __attribute__((naked)) void covey_rv32_winograd_dot(const int16_t*, const int16_t*,
                                                               int32_t, int32_t*) {
  asm volatile(
      "addi sp, sp, -64\n"
      "sw ra, 0(sp)\n sw s0, 4(sp)\n sw s1, 8(sp)\n sw s2, 12(sp)\n"
      "sw s3, 16(sp)\n sw s4, 20(sp)\n sw s5, 24(sp)\n sw s6, 28(sp)\n"
      "sw s7, 32(sp)\n sw s8, 36(sp)\n sw s9, 40(sp)\n sw s10, 44(sp)\n"
      "sw s11, 48(sp)\n"
      "slli ra, a2, 3\n"
      "mv a7, a3\n"
      "li t6, 16\n"
      "1:\n"
      "add a6, a0, ra\n"
      "li s0, 0\n li s1, 0\n li s2, 0\n li s3, 0\n li s4, 0\n li s5, 0\n"
      "li s6, 0\n li s7, 0\n li s8, 0\n li s9, 0\n li s10, 0\n li s11, 0\n"
      "li t0, 0\n li t1, 0\n li t2, 0\n li t3, 0\n"
      "2:\n"
      COVEY_RV32_WG_CHANNEL("0", "2", "4", "6")
      COVEY_RV32_WG_CHANNEL("8", "10", "12", "14")
      "addi a0, a0, 16\n"
      "addi a1, a1, 16\n"
      "bne a0, a6, 2b\n"
      "sw s0, 0(a7)\n sw s1, 4(a7)\n sw s2, 8(a7)\n sw s3, 12(a7)\n"
      "sw s4, 16(a7)\n sw s5, 20(a7)\n sw s6, 24(a7)\n sw s7, 28(a7)\n"
      "sw s8, 32(a7)\n sw s9, 36(a7)\n sw s10, 40(a7)\n sw s11, 44(a7)\n"
      "sw t0, 48(a7)\n sw t1, 52(a7)\n sw t2, 56(a7)\n sw t3, 60(a7)\n"
      "addi a7, a7, 64\n"
      "addi t6, t6, -1\n"
      "bnez t6, 1b\n"
      "lw ra, 0(sp)\n lw s0, 4(sp)\n lw s1, 8(sp)\n lw s2, 12(sp)\n"
      "lw s3, 16(sp)\n lw s4, 20(sp)\n lw s5, 24(sp)\n lw s6, 28(sp)\n"
      "lw s7, 32(sp)\n lw s8, 36(sp)\n lw s9, 40(sp)\n lw s10, 44(sp)\n"
      "lw s11, 48(sp)\n"
      "addi sp, sp, 64\n"
      "ret\n");
}

}  // namespace covey::kernels::rv32
