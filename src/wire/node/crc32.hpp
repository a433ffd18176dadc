// Crc32 is the checksum of Ethernet and zlib (reflected polynomial 0xEDB88320), four bits a step:
// a table of 64 bytes.
//
//   uint32_t crc = Crc32(head);
//   crc = Crc32(body, crc);       // goes on
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace covey::wire::node {

inline constexpr std::array<uint32_t, 16> kCrc32Table = [] {
  std::array<uint32_t, 16> table{};
  for (uint32_t i = 0; i < 16; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 4; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0xEDB88320U : 0U);
    table[i] = value;
  }
  return table;
}();

inline uint32_t Crc32(std::span<const std::byte> bytes, uint32_t before = 0) {
  uint32_t crc = ~before;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<uint32_t>(byte);
    crc = (crc >> 4) ^ kCrc32Table[crc & 15];
    crc = (crc >> 4) ^ kCrc32Table[crc & 15];
  }
  return ~crc;
}

}  // namespace covey::wire::node
