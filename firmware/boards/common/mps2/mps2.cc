// Console, clock and wake-up timer of Arm's MPS2 boards as QEMU models them: CMSDK UART, FPGAIO
// counters, SysTick. Addresses: the board's registers.hpp.

#include "common/board.hpp"
#include "common/runtime.hpp"
#include "registers.hpp"

namespace covey::board {
namespace {

constexpr uint32_t kUartTransmitFull = 1, kUartReceiveFull = 2;

volatile uint32_t& Register(uint32_t address) {
  return *reinterpret_cast<volatile uint32_t*>(address);
}

void EnableWakeUp(uint32_t interrupt) {
  Register(0xE000E100 + 4 * (interrupt / 32)) = 1U << (interrupt % 32);
}
void ForgetWakeUp(uint32_t interrupt) {
  Register(0xE000E280 + 4 * (interrupt / 32)) = 1U << (interrupt % 32);
}

bool counting = false;

// turns * 2 instructions, and the same few around them whatever `turns` is.
[[gnu::noinline]] uint32_t CountedLoop(uint32_t turns) {
  asm volatile("1: subs %0, %0, #1\n bne 1b" : "+r"(turns) : : "cc");
  return turns;
}

}  // namespace

const char* Name() { return kBoardName; }
const char* Description() { return kBoardDescription; }

void Start() {
  Register(kUartBase + 0x10) = 16;   // baud divider: the least that is allowed
  Register(kUartBase + 0x08) = 0xB;  // transmit, receive, receive interrupt
  Register(kFpgaIoBase + 0x1C) = 0;  // no prescaler: the counter runs at the full clock
  counting = LoopIsCounted(CountedLoop, 1000, 2000);
  // SysTick every 10 ms, the console and the network card end a wfi.
  Register(0xE000E014) = kClockHz / 100 - 1;
  Register(0xE000E018) = 0;
  Register(0xE000E010) = 7;
  EnableWakeUp(kUartInterrupt);
  EnableWakeUp(kNicInterrupt);
}

void PutChar(char c) {
  while ((Register(kUartBase + 4) & kUartTransmitFull) != 0) {
  }
  Register(kUartBase) = static_cast<unsigned char>(c);
}

int GetChar() {
  if ((Register(kUartBase + 4) & kUartReceiveFull) == 0) return -1;
  return static_cast<int>(Register(kUartBase) & 0xFF);
}

uint64_t ClockNs() {
  // The fast counter has 32 bits (214 s at 20 MHz); the 100 Hz counter tells how often it has
  // wrapped: they agree to a few hundredths of a second, far less than a wrap.
  const uint64_t coarse = static_cast<uint64_t>(Register(kFpgaIoBase + 0x14)) * (kClockHz / 100);
  const uint32_t fine = Register(kFpgaIoBase + 0x18);
  const auto ahead = static_cast<int32_t>(fine - static_cast<uint32_t>(coarse));
  return static_cast<uint64_t>(static_cast<int64_t>(coarse) + ahead) * (1'000'000'000 / kClockHz);
}

bool IsCounting() { return counting; }

void Sleep() {
  asm volatile("dsb\n wfi" ::: "memory");
  Register(0xE000ED04) = 1U << 25;  // SysTick no longer pending
  Register(kUartBase + 0x0C) = 2;   // the character, if any, is read later
  ForgetWakeUp(kUartInterrupt);
  ForgetWakeUp(kNicInterrupt);
}

}  // namespace covey::board
