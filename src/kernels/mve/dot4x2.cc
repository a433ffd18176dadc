#include "kernels/mve/dot4x2.hpp"

namespace covey::kernels::mve {

static_assert(__builtin_offsetof(Dot4x2, chunks) == 16);
static_assert(__builtin_offsetof(Dot4x2, out) == 24);
static_assert(__builtin_offsetof(Dot4x2, offset) == 32);
static_assert(__builtin_offsetof(Dot4x2, x_end) == 40);
static_assert(__builtin_offsetof(Dot4x2, bias) == 48);
static_assert(__builtin_offsetof(Dot4x2, least) == 60);

// Two pixels in q0, q1; w: a row of weights; a, b: the channel's sums.
#define COVEY_MVE_CHANNEL(mac, w, a, b) \
  "vldrb.8 q2, [" w "], #16\n" mac ".s8 " a ", q2, q0\n" mac ".s8 " b ", q2, q1\n"
#define COVEY_MVE_CHUNK(mac)                                                             \
  "vldrb.8 q0, [r9], #16\n"                                                              \
  "vldrb.8 q1, [r9], #16\n" COVEY_MVE_CHANNEL(mac, "r1", "r0", "r2")                     \
      COVEY_MVE_CHANNEL(mac, "r3", "r4", "r6") COVEY_MVE_CHANNEL(mac, "r5", "r8", "r10") \
          COVEY_MVE_CHANNEL(mac, "r7", "r12", "lr")  // 14 instructions, 56 bytes
// The lanes behind the row are zero.
#define COVEY_MVE_TAIL_CHANNEL(mac, w, a, b) \
  "vpst\n"                                   \
  "vldrbt.u8 q2, [" w "]\n" mac ".s8 " a ", q2, q0\n" mac ".s8 " b ", q2, q1\n"
#define COVEY_MVE_TAIL(mac)                                                                        \
  "ldr r11, [sp, #20]\n"                                                                           \
  "vctp.8 r11\n"                                                                                   \
  "vldrb.8 q0, [r9], #16\n"                                                                        \
  "vldrb.8 q1, [r9], #16\n" COVEY_MVE_TAIL_CHANNEL(mac, "r1", "r0", "r2")                          \
      COVEY_MVE_TAIL_CHANNEL(mac, "r3", "r4", "r6") COVEY_MVE_TAIL_CHANNEL(mac, "r5", "r8", "r10") \
          COVEY_MVE_TAIL_CHANNEL(mac, "r7", "r12", "lr")

// The job moves to the stack; behind the loop's set-up its last words hold what the loop needs:
// 48 entry, 52 exit, 56 turns of four chunks, 60 head. The first chunk does not accumulate, so that
// no sum has to be cleared.
#define COVEY_MVE_BEGIN          \
  "push {r4-r11, lr}\n"          \
  "vpush {d8-d15}\n"             \
  "sub sp, #68\n"                \
  "mov r1, sp\n"                 \
  "vldrw.32 q0, [r0]\n"          \
  "vldrw.32 q1, [r0, #16]\n"     \
  "vldrw.32 q2, [r0, #32]\n"     \
  "vstrw.32 q0, [r1]\n"          \
  "vstrw.32 q1, [r1, #16]\n"     \
  "vstrw.32 q2, [r1, #32]\n"     \
  "ldrd r2, r3, [r0, #16]\n"     \
  "ldr r9, [r0, #44]\n"          \
  "adr r5, 5f\n"                 \
  "adr r6, 4f\n"                 \
  "cmp r3, #0\n"                 \
  "it ne\n"                      \
  "movne r5, r6\n"               \
  "add r5, r5, #1\n" /* Thumb */ \
  "str r5, [sp, #52]\n"          \
  "adr r7, 1f\n"                 \
  "adr r6, 3f\n"                 \
  "cmp r2, #0\n"                 \
  "it eq\n"                      \
  "moveq r7, r6\n"               \
  "add r7, r7, #1\n"             \
  "str r7, [sp, #60]\n"          \
  "subs r2, r2, #1\n"            \
  "add r3, r2, #3\n"             \
  "asr r3, r3, #2\n"             \
  "str r3, [sp, #56]\n"          \
  "beq 9f\n"                     \
  "rsb r2, r2, #0\n"             \
  "and r2, r2, #3\n"             \
  "mov r3, #56\n"                \
  "mul r2, r2, r3\n"             \
  "adr r5, 2f\n"                 \
  "add r5, r5, r2\n"             \
  "add r5, r5, #1\n"             \
  "9:\n"                         \
  "str r5, [sp, #48]\n"

#define COVEY_MVE_LOOP \
  "bx r7\n"                                                                \
  ".balign 4\n"                                                            \
  "1:\n"                                                                   \
  "ldrd r1, r3, [sp]\n"                                                    \
  "ldrd r5, r7, [sp, #8]\n" COVEY_MVE_CHUNK("vmladav")                     \
  "ldr r11, [sp, #56]\n"                                                   \
  "ldr pc, [sp, #48]\n"                                                    \
  ".balign 4\n"                                                            \
  "2:\n" COVEY_MVE_CHUNK("vmladava") COVEY_MVE_CHUNK("vmladava")           \
      COVEY_MVE_CHUNK("vmladava") COVEY_MVE_CHUNK("vmladava")              \
  "subs r11, r11, #1\n"                                                    \
  "bne 2b\n"                                                               \
  "ldr pc, [sp, #52]\n"                                                    \
  ".balign 4\n"                                                            \
  "3:\n" /* less than a chunk */\
  "ldrd r1, r3, [sp]\n"\
  "ldrd r5, r7, [sp, #8]\n" COVEY_MVE_TAIL("vmladav")\
  "b 5f\n"\
  ".balign 4\n"\
  "4:\n" COVEY_MVE_TAIL("vmladava")\
  ".balign 4\n"\
  "5:\n"

#define COVEY_MVE_END   \
  "ldr r0, [sp, #40]\n" \
  "cmp r9, r0\n"        \
  "beq 6f\n"            \
  "ldr pc, [sp, #60]\n" \
  "6:\n"                \
  "add sp, #68\n"       \
  "vpop {d8-d15}\n"     \
  "pop {r4-r11, pc}\n"

// q4 bias, q5 multiplier, q6 shift, q7 least. VQRDMULH is the rounding doubling high
// multiplication; one less for a negative value makes VRSHL round halves away from zero.
extern "C" __attribute__((naked)) void covey_mve_dot4x2_store(const Dot4x2*) {
  asm volatile(COVEY_MVE_BEGIN
               "ldrd r1, r2, [r0, #48]\n"
               "ldrd r3, r4, [r0, #56]\n"
               "vldrw.32 q4, [r1]\n"
               "vldrw.32 q5, [r2]\n"
               "vldrw.32 q6, [r3]\n"
               "vdup.32 q7, r4\n" COVEY_MVE_LOOP
               "vmov q0[2], q0[0], r0, r8\n"
               "vmov q0[3], q0[1], r4, r12\n"
               "vmov q1[2], q1[0], r2, r10\n"
               "vmov q1[3], q1[1], r6, lr\n"
               "vadd.i32 q0, q0, q4\n"
               "vadd.i32 q1, q1, q4\n"
               "vqrdmulh.s32 q0, q0, q5\n"
               "vqrdmulh.s32 q1, q1, q5\n"
               "vshr.s32 q2, q0, #31\n"
               "vshr.s32 q3, q1, #31\n"
               "vqadd.s32 q0, q0, q2\n"
               "vqadd.s32 q1, q1, q3\n"
               "vrshl.s32 q0, q0, q6\n"
               "vrshl.s32 q1, q1, q6\n"
               "ldrd r0, r2, [sp, #32]\n"
               "vqadd.s32 q0, q0, r0\n"
               "vqadd.s32 q1, q1, r0\n"
               "ldrd r4, r6, [sp, #24]\n"
               "vdup.32 q2, r2\n"
               "vmax.s32 q0, q0, q7\n"
               "vmax.s32 q1, q1, q7\n"
               "vmin.s32 q0, q0, q2\n"
               "vmin.s32 q1, q1, q2\n"
               "vstrb.32 q0, [r4]\n"
               "add r4, r4, r6\n"
               "vstrb.32 q1, [r4]\n"
               "add r4, r4, r6\n"
               "str r4, [sp, #24]\n" COVEY_MVE_END);
}

extern "C" __attribute__((naked)) void covey_mve_dot4x2_sums(const Dot4x2*) {
  asm volatile(COVEY_MVE_BEGIN COVEY_MVE_LOOP
               "ldr r1, [sp, #24]\n"
               "stmia r1!, {r0, r2, r4, r6, r8, r10, r12, lr}\n"
               "str r1, [sp, #24]\n" COVEY_MVE_END);
}

}  // namespace covey::kernels::mve
