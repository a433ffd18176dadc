// Start-up and memory that every board shares; called by a board's reset code, not by apps.
#pragma once

#include <cstdint>

namespace covey::board {

// Fills the stack below `stack_pointer` with a pattern (for MeasureStack), copies .data, clears
// .bss, runs constructors, calls main(argc = 0) and exits with its result. Does not return.
[[noreturn]] void RunProgram(uintptr_t stack_pointer);

// Counts a loop of known length with the board's clock: true if one instruction is 128 ns.
bool LoopIsCounted(uint32_t (*loop)(uint32_t turns), uint32_t turns, uint32_t instructions);

// A processor fault: says where on the console and exits with 70.
[[noreturn]] void ReportFault(uint32_t cause, uint32_t program_counter, uint32_t address);

}  // namespace covey::board
