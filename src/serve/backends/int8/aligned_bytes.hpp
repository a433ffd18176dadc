// AlignedBytes are bytes at a 64-byte boundary, as images, arenas and host kernels want them.
//
//   AlignedBytes arena(view.header().arena_bytes);
//   Use(arena.bytes());
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kernels/host/host_kernels.hpp"
#include "wire/image/format.hpp"

namespace covey::serve {

class AlignedBytes {
 public:
  explicit AlignedBytes(size_t size = 0)
      : blocks_((size + sizeof(Block) - 1) / sizeof(Block)), size_(size) {}
  std::span<std::byte> bytes() { return {reinterpret_cast<std::byte*>(blocks_.data()), size_}; }
  std::span<const std::byte> bytes() const {
    return {reinterpret_cast<const std::byte*>(blocks_.data()), size_};
  }

 private:
  struct alignas(kernels::kHostAlign) Block {
    std::byte bytes[kernels::kHostAlign];
  };
  static_assert(kernels::kHostAlign % wire::kImageAlign == 0);

  std::vector<Block> blocks_;
  size_t size_;
};

}  // namespace covey::serve
