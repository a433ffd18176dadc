#include "apps/covey/bench/chips.hpp"

#include <sstream>

namespace covey::app {
namespace {

// Arm, Cortex-M4 Technical Reference Manual, "Processor instructions": loads take two cycles, or
// one behind another access; LDM and LDRD one more a register; taken branches 1 + P with P of 1 to
// 3 (here 2); SDIV 2 to 12 (here 6); multiplications one.
constexpr Core kCortexM4 = {"Cortex-M4", 1, 1, 1, 5, 2, false};
// No such table is published: the Cortex-M4's.
constexpr Core kCortexM33 = {"Cortex-M33", 1, 1, 1, 5, 2, true};
// Issues two instructions at once where it can; nothing published that could be counted.
constexpr Core kCortexM7 = {"Cortex-M7", 0.7, 0, 0.5, 5, 1, true};
constexpr Core kEsp32C3 = {"RV32IMC, 4 stages", 1, 1, 0, 32, 2, true};

}  // namespace

const std::vector<Chip>& Chips() {
  static const std::vector<Chip> chips = {
      {"STM32L4R5", "m4", kCortexM4, 120e6, 5, 5, "8-1-128-8-1-32",
       "1 KiB for code, 256 B for data, words of 8 B, 5 wait states", 0.36},
      {"STM32F746", "m4", kCortexM7, 216e6, 9, 9, "32-64-2-32-32-4",
       "4 KiB for code, 4 KiB for data, lines of 32 B, 7 wait states + 2", 1.5},
      {"STM32U575", "m33", kCortexM33, 160e6, 4, 4, "16-256-2",
       "8 KiB for both, lines of 16 B, 4 wait states", 0.07},
      {"nRF5340", "m33", kCortexM33, 128e6, 5, 5, "16-256-2",
       "8 KiB for both, lines of 16 B, 5 wait states", 0.17},
      {"ESP32-C3", "rv32", kEsp32C3, 160e6, 160, 160, "32-64-8",
       "16 KiB for both, lines of 32 B, 160 cycles from serial flash", 0.5},
  };
  return chips;
}

std::vector<Chip> ChipsOf(const std::string& board) {
  std::vector<Chip> chips;
  for (const Chip& chip : Chips())
    if (board == chip.board) chips.push_back(chip);
  return chips;
}

Cycles ModelledCycles(const Chip& chip, const serve::Fetches& fetches, size_t cache) {
  const Core& core = chip.core;
  const auto times = [](double cycles, uint64_t count) {
    return cycles * static_cast<double>(count);
  };
  Cycles cycles;
  cycles.core = times(core.base, fetches.instructions) + times(core.load, fetches.loads) +
                times(core.word, fetches.more_words) + times(core.divide, fetches.divisions) +
                times(core.taken, fetches.taken);
  if (cache < fetches.misses.size()) {
    cycles.code_stalls = times(chip.code_wait, fetches.misses[cache].code);
    cycles.data_stalls = times(chip.data_wait, fetches.misses[cache].data);
  }
  return cycles;
}

namespace {

// "LINE-SETS-WAYS-LINE-SETS-WAYS", code and data, or "LINE-SETS-WAYS" for both.
struct DataCache {
  int64_t line = 1, sets = 1, ways = 1;

  explicit DataCache(const std::string& text) {
    std::vector<int64_t> numbers;
    std::istringstream words(text);
    for (std::string word; std::getline(words, word, '-');) numbers.push_back(std::stoll(word));
    const size_t from = numbers.size() - 3;
    line = numbers[from], sets = numbers[from + 1], ways = numbers[from + 2];
  }
};

// Eleven instructions: three loads of two words, two of them behind no other.
double CyclesOfAnInstruction(const Core& core) {
  return (11 * core.base + 2 * core.load + 3 * core.word) / 11;
}

}  // namespace

compiler::FlashWait WaitFor(const Chip& chip, bool energy) {
  const DataCache cache(chip.cache);
  const double part = energy ? kWaitingPart : 1;
  return {.byte = part * chip.data_wait / static_cast<double>(cache.line) /
                  CyclesOfAnInstruction(chip.core),
          .cache_bytes = cache.line * cache.sets * cache.ways};
}

double EnergyUj(const Chip& chip, const Cycles& cycles) {
  const double waited = cycles.code_stalls + cycles.data_stalls;
  return chip.nj_cycle * (cycles.core + kWaitingPart * waited) / 1e3;
}

}  // namespace covey::app
