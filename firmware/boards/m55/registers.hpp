// mps3-an547: where the parts lie (secure aliases: the core boots secure).
#pragma once

#include <cstdint>

namespace covey::board {

inline constexpr char kBoardName[] = "m55";
inline constexpr char kBoardDescription[] = "Cortex-M55 with Helium (QEMU mps3-an547)";
// Of the FPGA counter. SysTick runs at 32 MHz: it wakes the core every 6 ms instead of every 10.
inline constexpr uint32_t kClockHz = 20'000'000;
inline constexpr uint32_t kUartBase = 0x59303000;
inline constexpr uint32_t kFpgaIoBase = 0x59302000;
inline constexpr uint32_t kNicBase = 0x41400000;
inline constexpr uint32_t kUartInterrupt = 33;  // receive
inline constexpr uint32_t kNicInterrupt = 49;

}  // namespace covey::board
