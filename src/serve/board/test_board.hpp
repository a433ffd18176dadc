// Whether a board can be emulated here, for tests that skip where it cannot.
//
//   if (const auto missing = test::MissingFor("m33")) GTEST_SKIP() << *missing;
#pragma once

#include <optional>
#include <string>

#include "core/host/diag_text.hpp"
#include "serve/board/board.hpp"

namespace covey::serve::test {

// What `bench` on this board lacks, in words: its firmware or QEMU. Nothing if it can run.
inline std::optional<std::string> MissingFor(const std::string& board) {
  DiagText found;
  const auto firmware = FindFirmware(board, "bench", found);
  if (!firmware.ok()) return "firmware: " + std::string(found.Text());
  if (!QemuCommand(board, *firmware, {}, false, false, found).ok())
    return "QEMU: " + std::string(found.Text());
  return std::nullopt;
}

}  // namespace covey::serve::test
