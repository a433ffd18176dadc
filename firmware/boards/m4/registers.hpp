// mps2-an386: where the parts lie.
#pragma once

#include <cstdint>

namespace covey::board {

inline constexpr char kBoardName[] = "m4";
inline constexpr char kBoardDescription[] = "Cortex-M4F (QEMU mps2-an386)";
inline constexpr uint32_t kClockHz = 25'000'000;
inline constexpr uint32_t kUartBase = 0x40004000;
inline constexpr uint32_t kFpgaIoBase = 0x40028000;
inline constexpr uint32_t kNicBase = 0x40200000;
inline constexpr uint32_t kUartInterrupt = 0;  // receive
inline constexpr uint32_t kNicInterrupt = 13;

}  // namespace covey::board
