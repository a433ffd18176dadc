// JpegBits puts bytes and Huffman codes into room that may be too small: what does not fit is
// dropped, and full() says so.
//
//   bits.Word(0xFFD8); bits.Code(0b1010, 4); bits.Pad();
//
// Exact: a byte FF among the codes is followed by 00; the last byte is filled with ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace covey::micro {

class JpegBits {
 public:
  explicit JpegBits(std::span<std::byte> room) : room_(room) {}

  bool full() const { return used_ > room_.size(); }
  size_t used() const { return used_; }

  void Byte(uint32_t value);
  void Word(uint32_t value);
  void Bytes(std::span<const uint8_t> bytes);
  // The last `count` (up to 16) of `bits`; those before them are 0.
  void Code(uint32_t bits, uint32_t count);
  void Pad();

 private:
  std::span<std::byte> room_;
  size_t used_ = 0;  // one more than there is room for: full
  uint32_t held_ = 0, held_bits_ = 0;
};

}  // namespace covey::micro
