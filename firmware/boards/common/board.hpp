// The seam between the apps and a board: console, clock, instruction counter, network card, memory.
// Each boards/<board> implements these functions; an app is linked with exactly one board.
//
//   board::Start();
//   uint64_t before = board::ClockNs();
//   Work();
//   PrintNumber(board::InstructionsBetween(before, board::ClockNs()));
//
// Exact: under QEMU with `-icount shift=7` one instruction is 128 ns of the board's clock, so a
// span of time is a number of instructions (rounding is exact on every board). Without it the clock
// is real time and IsCounting() is false. Threads: none; interrupts stay masked for good, they only
// wake the processor from Sleep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace covey::board {

const char* Name();         // "m33"
const char* Description();  // "Cortex-M33 (QEMU mps2-an505)"

// Console, clock and wake-up timer; finds out whether instructions are counted.
void Start();

void PutChar(char c);
int GetChar();  // -1: none waiting

uint64_t ClockNs();  // since power-on
// Sleeps until a frame or a character arrives, or for at most 10 ms.
void Sleep();

inline constexpr uint64_t kNsPerInstruction = 128;  // -icount shift=7
bool IsCounting();
inline uint64_t InstructionsBetween(uint64_t begin_ns, uint64_t end_ns) {
  return (end_ns - begin_ns + kNsPerInstruction / 2) / kNsPerInstruction;
}

// What the linker script leaves: the flash behind the program (models are kept there; the emulator
// lets a program write it), and the RAM behind the variables. Both begin at a 16-byte boundary.
std::span<std::byte> FreeFlash();
std::span<std::byte> FreeRam();

struct StackUse {
  uint32_t size = 0;
  uint32_t high_water = 0;  // most bytes ever in use
};
StackUse MeasureStack();

// The network card, polled. Frames are without FCS.
bool NicStart(std::span<const uint8_t, 6> mac);
bool NicSend(std::span<const std::byte> frame);  // false: no room now
size_t NicReceive(std::span<std::byte> frame);   // 0: none waiting

}  // namespace covey::board
