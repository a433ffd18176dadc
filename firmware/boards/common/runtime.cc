#include "common/runtime.hpp"

#include "common/board.hpp"
#include "common/print.hpp"
#include "common/semihosting.hpp"

extern "C" {
// From sections.ld.
extern uint32_t __stack_bottom[], __stack_top[];
extern uint32_t __data_begin[], __data_end[], __data_load[];
extern uint32_t __bss_begin[], __bss_end[];
extern std::byte __flash_free[], __flash_end[], __ram_free[], __ram_end[];
using Constructor = void (*)();
extern const Constructor __init_array_begin[], __init_array_end[];

int main();

// The language's last resorts. Nothing is destroyed at exit: main() does not return on a device.
[[noreturn]] void __cxa_pure_virtual() { covey::board::ReportFault(0xFFFFFFFF, 0, 0); }
int atexit(void (*)()) { return 0; }
[[noreturn]] void abort() { covey::board::ReportFault(0xFFFFFFFE, 0, 0); }
}

namespace covey::board {
namespace {

constexpr uint32_t kUntouched = 0x5AC0FFEE;
constexpr int kFaultExit = 70;

}  // namespace

void RunProgram(uintptr_t stack_pointer) {
  // The frame of this function may lie below the pointer taken by the reset code.
  auto* const end = reinterpret_cast<uint32_t*>(stack_pointer - 128);
  for (uint32_t* word = __stack_bottom; word < end; ++word) {
    *static_cast<volatile uint32_t*>(word) = kUntouched;
  }
  const uint32_t* from = __data_load;
  for (uint32_t* to = __data_begin; to < __data_end; ++to) *to = *from++;
  for (uint32_t* to = __bss_begin; to < __bss_end; ++to) *to = 0;
  for (const Constructor* run = __init_array_begin; run < __init_array_end; ++run) (*run)();
  Exit(main());
}

bool LoopIsCounted(uint32_t (*loop)(uint32_t), uint32_t turns, uint32_t instructions) {
  // Two lengths, so that the cost of the call and of reading the clock cancels.
  const uint64_t t0 = ClockNs();
  (void)loop(turns);
  const uint64_t t1 = ClockNs();
  (void)loop(2 * turns);
  const uint64_t t2 = ClockNs();
  const uint64_t found = InstructionsBetween(t1, t2) - InstructionsBetween(t0, t1);
  const uint64_t difference = found > instructions ? found - instructions : instructions - found;
  return difference <= 1;
}

void ReportFault(uint32_t cause, uint32_t program_counter, uint32_t address) {
  Print("\n{\"fault\":");
  PrintNumber(cause);
  Print(",\"pc\":");
  PrintNumber(program_counter);
  Print(",\"address\":");
  PrintNumber(address);
  Print("}\n");
  Exit(kFaultExit);
}

std::span<std::byte> FreeFlash() {
  return {__flash_free, static_cast<size_t>(__flash_end - __flash_free)};
}

std::span<std::byte> FreeRam() { return {__ram_free, static_cast<size_t>(__ram_end - __ram_free)}; }

StackUse MeasureStack() {
  const uint32_t* word = __stack_bottom;
  while (word < __stack_top && *word == kUntouched) ++word;
  return {.size = static_cast<uint32_t>((__stack_top - __stack_bottom) * 4),
          .high_water = static_cast<uint32_t>((__stack_top - word) * 4)};
}

}  // namespace covey::board
