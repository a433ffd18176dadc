// Put and Take move little-endian numbers and byte strings in and out of a frame's body; both keep
// count, so that a list of fields needs one check at its end.
//
//   Put out(buffer);                      Take in(body);
//   out.U32(7).Bytes(digest);             const uint32_t seven = in.U32();
//   if (!out.ok()) ...                    if (!in.Ended()) ...
//
// Exact: nothing is written or read outside the span; after the end Put drops and Take gives zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace covey::wire::node {

class Put {
 public:
  explicit Put(std::span<std::byte> to) : to_(to) {}
  Put& U8(uint32_t value) { return Number(value, 1); }
  Put& U16(uint32_t value) { return Number(value, 2); }
  Put& U32(uint32_t value) { return Number(value, 4); }
  Put& U64(uint64_t value) { return Number(value, 8); }
  Put& Bytes(std::span<const std::byte> bytes) {
    if (!Room(bytes.size())) return *this;
    if (!bytes.empty()) __builtin_memcpy(to_.data() + at_, bytes.data(), bytes.size());
    at_ += bytes.size();
    return *this;
  }
  bool ok() const { return ok_; }
  size_t size() const { return at_; }

 private:
  bool Room(size_t bytes) {
    ok_ = ok_ && bytes <= to_.size() - at_;
    return ok_;
  }
  Put& Number(uint64_t value, size_t bytes) {
    if (!Room(bytes)) return *this;
    for (size_t i = 0; i < bytes; ++i) to_[at_++] = static_cast<std::byte>(value >> (8 * i));
    return *this;
  }

  std::span<std::byte> to_;
  size_t at_ = 0;
  bool ok_ = true;
};

class Take {
 public:
  explicit Take(std::span<const std::byte> from) : from_(from) {}
  uint8_t U8() { return static_cast<uint8_t>(Number(1)); }
  uint16_t U16() { return static_cast<uint16_t>(Number(2)); }
  uint32_t U32() { return static_cast<uint32_t>(Number(4)); }
  uint64_t U64() { return Number(8); }
  void Bytes(std::span<std::byte> to) {
    const std::span<const std::byte> piece = Span(to.size());
    if (piece.size() == to.size() && !to.empty())
      __builtin_memcpy(to.data(), piece.data(), to.size());
  }
  std::span<const std::byte> Span(size_t bytes) {
    if (!Room(bytes)) return {};
    at_ += bytes;
    return from_.subspan(at_ - bytes, bytes);
  }
  std::span<const std::byte> Rest() { return Span(from_.size() - at_); }
  bool ok() const { return ok_; }
  bool Ended() const { return ok_ && at_ == from_.size(); }  // all there, and no more

 private:
  bool Room(size_t bytes) {
    ok_ = ok_ && bytes <= from_.size() - at_;
    return ok_;
  }
  uint64_t Number(size_t bytes) {
    uint64_t value = 0;
    if (!Room(bytes)) return 0;
    for (size_t i = 0; i < bytes; ++i)
      value |= static_cast<uint64_t>(std::to_integer<uint8_t>(from_[at_++])) << (8 * i);
    return value;
  }

  std::span<const std::byte> from_;
  size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace covey::wire::node
