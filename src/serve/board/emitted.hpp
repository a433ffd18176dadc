// RunEmitted generates a network's C++ (compiler/cpp), builds it with the board's own compiler and
// runs it on the emulated board: what generated code costs in instructions and in flash.
//
//   const EmittedJob job = {.board = "m4", .image = view, .inputs = x};
//   COVEY_TRY_ASSIGN(EmittedRun run, RunEmitted(job, diag));
//   // run.run.instructions[0], run.size.code
//
// It wants what the firmware build leaves in apps/emitted, and the board's cross compiler.
// Errors: kNotFound (no firmware build, no compiler; the Finding says what to do), kInternal (the
// compiler refuses the code), those of RunOnBoard.
#pragma once

#include "serve/board/board.hpp"
#include "wire/image/reader.hpp"

namespace covey::serve {

// The program's bytes of flash, by the object file that the compiler made and by the linked
// program.
struct EmittedSize {
  uint64_t code = 0;     // instructions, with the literals among them
  uint64_t tables = 0;   // constants that are not the network's weights: op records, dimensions
  uint64_t weights = 0;  // weights, biases, multipliers
  uint64_t library = 0;  // functions of the compiler's library that it calls, such as memset
  std::string warnings;  // what the compiler said of the generated code
  uint64_t engine() const { return code + tables + library; }
  uint64_t flash() const { return engine() + weights; }
};

struct EmittedJob {
  std::string board;
  const wire::ImageView& image;
  std::span<const std::byte> inputs;  // N samples
  bool per_layer = true;
  std::chrono::seconds timeout{600};
};

struct EmittedRun {
  BoardRun run;
  EmittedSize size;
};

Result<EmittedRun> RunEmitted(const EmittedJob& job, Diag& diag);

// What the network calls after each op: nothing, the clock (the program prints each op's count), or
// an empty function, covey_mark, for whoever watches from outside.
enum class Hook { kNone, kClock, kMark };

// The program alone, in `folder`: folder/net.elf.
Result<EmittedSize> BuildEmitted(const std::string& board, const wire::ImageView& image, Hook hook,
                                 const std::filesystem::path& folder, Diag& diag);

// What the board's nm prints of a program.
Result<std::string> ReadSymbols(const std::string& board, const std::filesystem::path& program,
                                Diag& diag);

}  // namespace covey::serve
