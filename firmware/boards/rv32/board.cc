// QEMU's riscv32 "virt" machine: 16550 console, minstret or mtime as the clock, mtimecmp to wake.

#include "common/board.hpp"

#include "common/runtime.hpp"

extern "C" {
[[gnu::used, noreturn]] void RunOnStack(uintptr_t stack_pointer) {
  covey::board::RunProgram(stack_pointer);
}
[[gnu::used, noreturn]] void TrapOnStack(uint32_t cause, uint32_t counter, uint32_t address) {
  covey::board::ReportFault(cause, counter, address);
}
}

namespace covey::board {
namespace {

constexpr uintptr_t kUart = 0x10000000;
constexpr uintptr_t kTimeCompare = 0x02004000, kTime = 0x0200BFF8;
constexpr uint64_t kNsPerTimeTick = 100;  // mtime runs at 10 MHz
constexpr uint8_t kDataReady = 1, kTransmitEmpty = 1 << 5;

volatile uint8_t& UartByte(uintptr_t offset) {
  return *reinterpret_cast<volatile uint8_t*>(kUart + offset);
}
volatile uint32_t& Word(uintptr_t address) {
  return *reinterpret_cast<volatile uint32_t*>(address);
}

bool counting = false;

uint64_t ReadTime() {
  while (true) {
    const uint32_t high = Word(kTime + 4);
    const uint32_t low = Word(kTime);
    if (Word(kTime + 4) == high) return static_cast<uint64_t>(high) << 32 | low;
  }
}

// With -icount this is the virtual clock in ns, 128 an instruction.
uint64_t ReadRetired() {
  while (true) {
    uint32_t high, low, again;
    asm volatile("csrr %0, minstreth\n csrr %1, minstret\n csrr %2, minstreth"
                 : "=r"(high), "=r"(low), "=r"(again));
    if (high == again) return static_cast<uint64_t>(high) << 32 | low;
  }
}

// turns * 2 instructions, and the same few around them whatever `turns` is.
[[gnu::noinline]] uint32_t CountedLoop(uint32_t turns) {
  asm volatile("1: addi %0, %0, -1\n bnez %0, 1b" : "+r"(turns));
  return turns;
}

}  // namespace

const char* Name() { return "rv32"; }
const char* Description() { return "RV32IMC (QEMU virt, lowrisc-ibex)"; }

void Start() {
  counting = true;  // so that the clock that is tried is minstret
  counting = LoopIsCounted(CountedLoop, 1000, 2000);
}

void PutChar(char c) {
  while ((UartByte(5) & kTransmitEmpty) == 0) {
  }
  UartByte(0) = static_cast<uint8_t>(c);
}

int GetChar() { return (UartByte(5) & kDataReady) == 0 ? -1 : UartByte(0); }

uint64_t ClockNs() { return counting ? ReadRetired() : ReadTime() * kNsPerTimeTick; }

bool IsCounting() { return counting; }

void Sleep() {
  // The card has no wake-up line here: look again after a millisecond.
  const uint64_t wake = ReadTime() + 1'000'000 / kNsPerTimeTick;
  Word(kTimeCompare + 4) = 0xFFFFFFFF;  // never between the two writes
  Word(kTimeCompare) = static_cast<uint32_t>(wake);
  Word(kTimeCompare + 4) = static_cast<uint32_t>(wake >> 32);
  asm volatile("csrs mie, %0\n wfi\n csrc mie, %0" : : "r"(0x80) : "memory");
}

}  // namespace covey::board
