#include "kernels/dsp/unpacked_loop.hpp"

#include "kernels/dsp/quad_finish.hpp"

namespace covey::kernels::dsp {

// clang-format off
extern "C" __attribute__((naked)) void covey_dsp_unpacked_quads(const TwoByFour*) {
  asm volatile(
      "push {r4-r11, lr}\n"
      "sub sp, #68\n"
      "mov r9, sp\n"
      "ldm r0!, {r1-r8}\n"
      "stm r9!, {r1-r8}\n"
      "ldm r0, {r1-r8}\n"
      "stm r9, {r1-r8}\n"
      "mov r0, r7\n"
      COVEY_DSP_CHOOSE_ENDING
      "2:\n"  // a quad
      "ldrd r4, r8, [sp]\n"
      "ldr r1, [sp, #8]\n"
      "mov r5, r4\n mov r6, r4\n mov r7, r4\n"
      "mov r9, r8\n mov r10, r8\n mov r11, r8\n"
      "bx r1\n"
      COVEY_DSP_ENDINGS("68"));
}
// clang-format on

}  // namespace covey::kernels::dsp
