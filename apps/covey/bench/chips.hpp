// Named chips, and the stated model of their time: cycles of the core by kinds of instructions,
// plus wait states for what misses the flash's cache. docs/guide/bench.md says where each number
// comes from and which are assumptions.
//
//   for (const Chip& chip : ChipsOf("m4")) Use(ModelledCycles(chip, fetches, i));
#pragma once

#include <string>
#include <vector>

#include "compiler/compile.hpp"
#include "serve/board/fetch.hpp"

namespace covey::app {

// Cycles: one for each instruction (times `base`), and these on top.
struct Core {
  const char* name;
  double base = 1;
  double load = 1;  // of a load that follows no access to memory
  double word = 1;  // a register beyond the first of an instruction
  double divide = 5;
  double taken = 2;     // a branch, call or return
  bool assumed = true;  // false: from the core's manual
};

struct Chip {
  const char *name, *board;
  const Core& core;
  double clock_hz;
  double code_wait, data_wait;  // cycles that a miss costs
  const char* cache;            // serve/board/fetch.hpp
  const char* cache_text;       // for people
  double nj_cycle;              // nanojoules of a cycle that executes; an assumption
};

const std::vector<Chip>& Chips();
std::vector<Chip> ChipsOf(const std::string& board);

struct Cycles {
  double core = 0, code_stalls = 0, data_stalls = 0;
  double total() const { return core + code_stalls + data_stalls; }
};
// `cache`: which of fetches.misses is this chip's.
Cycles ModelledCycles(const Chip& chip, const serve::Fetches& fetches, size_t cache);

// A cycle that waits for flash takes a part of one that executes, as assumed.
inline constexpr double kWaitingPart = 0.6;
double EnergyUj(const Chip& chip, const Cycles& cycles);

// The same model for the compiler, which knows what loops read from flash but not each cycle: an
// instruction takes what one of the inner loop of convolutions takes on average.
compiler::FlashWait WaitFor(const Chip& chip, bool energy);

}  // namespace covey::app
