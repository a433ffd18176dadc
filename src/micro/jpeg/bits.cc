#include "micro/jpeg/bits.hpp"

namespace covey::micro {

void JpegBits::Byte(uint32_t value) {
  if (full()) return;
  if (used_ < room_.size()) room_[used_] = static_cast<std::byte>(value);
  ++used_;
}

void JpegBits::Code(uint32_t bits, uint32_t count) {
  held_ = held_ << count | bits;
  for (held_bits_ += count; held_bits_ >= 8;) {
    held_bits_ -= 8;
    const uint32_t byte = held_ >> held_bits_ & 0xFF;
    Byte(byte);
    if (byte == 0xFF) Byte(0);
  }
}

void JpegBits::Word(uint32_t value) {
  Byte(value >> 8 & 0xFF);
  Byte(value & 0xFF);
}

void JpegBits::Bytes(std::span<const uint8_t> bytes) {
  for (const uint8_t byte : bytes) Byte(byte);
}

void JpegBits::Pad() {
  Code(0x7F, 7);
  held_bits_ = 0;
}

}  // namespace covey::micro
