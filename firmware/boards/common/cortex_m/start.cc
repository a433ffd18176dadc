// Reset and faults of every Cortex-M board. No interrupt is ever taken: they only end a wfi.

#include <cstdint>

#include "common/runtime.hpp"

extern "C" {

extern uint32_t __stack_bottom[], __stack_top[];

[[gnu::used, noreturn]] void ResetOnStack(uintptr_t stack_pointer) {
  covey::board::RunProgram(stack_pointer);
}

// Masks interrupts and turns the FPU on before any compiled code could use it.
[[gnu::naked]] void Reset() {
  asm volatile(
      "cpsid i\n"
      "ldr r0, =0xE000ED88\n"
      "ldr r1, [r0]\n"
      "orr r1, r1, #0x00F00000\n"
      "str r1, [r0]\n"
      "dsb\n"
      "isb\n"
#ifdef __ARM_ARCH_8M_MAIN__
      "ldr r0, =__stack_bottom\n"  // an overflow faults at once
      "msr msplim, r0\n"
#endif
      "mov r0, sp\n"
      "b ResetOnStack\n"
      ".ltorg\n");
}

[[gnu::used, noreturn]] void FaultOnStack(const uint32_t* frame) {
  const uint32_t status = *reinterpret_cast<volatile uint32_t*>(0xE000ED28);   // CFSR
  const uint32_t address = *reinterpret_cast<volatile uint32_t*>(0xE000ED38);  // BFAR
  // After a stack overflow there is no frame to read.
  const bool framed = frame >= __stack_bottom && frame < __stack_top;
  covey::board::ReportFault(status, framed ? frame[6] : 0, address);
}

// The handler needs a stack of its own: the fault may be the stack's overflow.
[[gnu::naked]] void Fault() {
  asm volatile(
      "mov r0, sp\n"
      "ldr r1, =__stack_top\n"
      "mov sp, r1\n"
      "b FaultOnStack\n"
      ".ltorg\n");
}

struct Vectors {
  uint32_t* stack;
  void (*handlers[15])();
};
[[gnu::section(".vectors"), gnu::used]] const Vectors kVectors = {
    __stack_top,
    {Reset, Fault, Fault, Fault, Fault, Fault, Fault, Fault, Fault, Fault, Fault, Fault, Fault,
     Fault, Fault}};
}
