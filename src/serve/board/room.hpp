// What a board has left for a model beside its firmware, read from the firmware's symbols: flash
// for the image, RAM for the arena.
//
//   COVEY_TRY_ASSIGN(const std::filesystem::path elf, FindFirmware("m33", "bench", diag));
//   COVEY_TRY_ASSIGN(const BoardRoom room, RoomOf(elf, diag));
//   COVEY_TRY(CheckRoom(image, room, diag));   // refuses with the missing bytes and the layer
//
// Errors: kDataLoss (no 32-bit ELF file with the symbols of boards/common/sections.ld),
// kResourceExhausted (CheckRoom).
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/diag.hpp"
#include "core/status.hpp"
#include "wire/image/reader.hpp"

namespace covey::serve {

struct BoardRoom {
  int64_t flash_bytes = 0, ram_bytes = 0;
};

Result<BoardRoom> RoomOf(const std::filesystem::path& firmware, Diag& diag);

// For an image that is compiled already; compiler::Compile refuses by itself, given the limits.
Status CheckRoom(const wire::ImageView& image, const BoardRoom& room, Diag& diag);

}  // namespace covey::serve
