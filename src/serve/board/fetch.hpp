// CountFetches runs a network as generated C++ under QEMU with a plug-in (tools/count_plugin) that
// sees every instruction and every access to memory: what each op fetches and what misses the
// caches of given chips.
//
//   const std::vector<std::string> caches = {"32-1-32-32-1-8"};
//   COVEY_TRY_ASSIGN(const auto layers, CountFetches(job, caches, diag));
//
// The numbers are exact for the program that was built; a cache is a model of the chip's. An op
// holds three instructions of the mark that ends it.
// Errors: those of RunEmitted; kNotFound if there is no plug-in.
#pragma once

#include "serve/board/emitted.hpp"

namespace covey::serve {

struct Misses {
  uint64_t code = 0, data = 0;
};

struct Fetches {
  uint64_t instructions = 0;
  uint64_t code_bytes = 0;  // of these instructions, each time they run
  uint64_t loads = 0;       // instructions that load and follow none that accesses memory
  uint64_t next_loads = 0;  // that load and follow such a one
  uint64_t stores = 0;
  uint64_t more_words = 0;  // registers moved beyond the first of an instruction
  uint64_t divisions = 0;
  uint64_t taken = 0;        // branches, calls, returns
  uint64_t flash_bytes = 0;  // data read from flash: weights, multipliers, tables, literals
  uint64_t ram_read_bytes = 0, ram_written_bytes = 0;
  std::vector<Misses> misses;  // one for each of `caches`
};

// One for each op, of the first sample. `caches`: LINE-SETS-WAYS-LINE-SETS-WAYS for code and for
// data in flash, or LINE-SETS-WAYS for both in one.
Result<std::vector<Fetches>> CountFetches(const EmittedJob& job,
                                          std::span<const std::string> caches, Diag& diag);

}  // namespace covey::serve
