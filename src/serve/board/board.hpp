// RunOnBoard runs a model image on an emulated board: QEMU with the `bench` firmware, files by
// semihosting. The figures are exact instruction counts (QEMU -icount), not cycles of a chip.
//
//   BoardRun run = RunOnBoard({.board = "m33", .image = bytes, .inputs = samples}, diag);
//
// Errors: kNotFound (unknown board, no firmware, no QEMU; the Finding says what to install or
// build), kResourceExhausted (image or arena too large for the board, with the bytes missing),
// kDeadlineExceeded, kInternal (firmware fault).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::serve {

struct BoardJob {
  std::string board;                    // "m33", "m4", "m55", "rv32"
  std::span<const std::byte> image;     // a model image
  std::span<const std::byte> inputs;    // N samples of the model's input bytes
  std::filesystem::path program{};      // empty: the bench firmware; else it holds its own network
  std::vector<std::string> emulator{};  // more words for its command line
  bool count_instructions = true;       // false: faster, no counts
  bool per_layer = false;
  std::chrono::seconds timeout{600};
};

struct BoardRun {
  std::vector<std::byte> outputs;            // N samples of the model's output bytes
  std::vector<uint64_t> instructions;        // one for each sample; empty if not counted
  std::vector<uint64_t> layer_instructions;  // of the last sample; 0: an exit passed it over
  uint64_t arena_bytes = 0;
};

struct BoardInfo {
  std::string name;         // "m33"
  std::string description;  // "Cortex-M33 (QEMU mps2-an505)"
  // The stated cycle model: modelled seconds = instructions * cycles_per_instruction / clock_hz.
  double cycles_per_instruction;
  double clock_hz;
};
std::vector<BoardInfo> Boards();

// $COVEY_FIRMWARE/<board>/<app>.elf, or build/<board>/firmware/<app>.elf beside this program or the
// working directory.
Result<std::filesystem::path> FindFirmware(const std::string& board, const std::string& app,
                                           Diag& diag);

// The QEMU command line that boots `firmware` on `board`; `arguments` reach main() by semihosting,
// `network` adds the NIC (10.0.2.2 is this machine).
Result<std::vector<std::string>> QemuCommand(const std::string& board,
                                             const std::filesystem::path& firmware,
                                             std::span<const std::string> arguments, bool network,
                                             bool count_instructions, Diag& diag);

Result<BoardRun> RunOnBoard(const BoardJob& job, Diag& diag);

}  // namespace covey::serve
