// Buffer is bytes whose room is kept between messages: growing does not fill it with zeros, and
// shrinking frees nothing.
//
//   std::span<std::byte> room = buffer.Resize(header.length);   // contents are undefined
//   buffer.Trim(64 << 10);                                      // give back what a giant left
//
// Memory: as much as the largest size asked for since the last Trim.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

namespace covey::wire {

class Buffer {
 public:
  // `size` bytes, of which the first `keep` are as they were.
  std::span<std::byte> Resize(size_t size, size_t keep = 0) {
    if (size > capacity_) {
      auto bytes = std::make_unique_for_overwrite<std::byte[]>(size);
      if (keep > 0) std::memcpy(bytes.get(), bytes_.get(), keep);
      bytes_ = std::move(bytes);
      capacity_ = size;
    }
    size_ = size;
    return {bytes_.get(), size};
  }
  void Trim(size_t capacity) {
    if (capacity_ > capacity) {
      bytes_.reset();
      capacity_ = size_ = 0;
    }
  }
  std::span<std::byte> bytes() { return {bytes_.get(), size_}; }
  std::span<const std::byte> bytes() const { return {bytes_.get(), size_}; }
  size_t capacity() const { return capacity_; }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  size_t size_ = 0, capacity_ = 0;
};

}  // namespace covey::wire
