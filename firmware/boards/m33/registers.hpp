// mps2-an505: where the parts lie (secure aliases: the core boots secure).
#pragma once

#include <cstdint>

namespace covey::board {

inline constexpr char kBoardName[] = "m33";
inline constexpr char kBoardDescription[] = "Cortex-M33 (QEMU mps2-an505)";
inline constexpr uint32_t kClockHz = 20'000'000;
inline constexpr uint32_t kUartBase = 0x50200000;
inline constexpr uint32_t kFpgaIoBase = 0x50302000;
inline constexpr uint32_t kNicBase = 0x42000000;
inline constexpr uint32_t kUartInterrupt = 32;  // receive
inline constexpr uint32_t kNicInterrupt = 48;

}  // namespace covey::board
