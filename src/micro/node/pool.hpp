// Pool hands out blocks of one span, first fit, without a heap: images in a node's flash,
// activations in its RAM.
//
//   Pool pool(ram);
//   const std::span<std::byte> block = pool.Take(1000);   // empty: no room
//   pool.Give(block);
//
// Memory: kMaxBlocks blocks at once; blocks start at 16-byte boundaries of the span, whose own
// start is aligned likewise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace covey::micro {

class Pool {
 public:
  static constexpr size_t kMaxBlocks = 96;
  static constexpr size_t kAlign = 16;

  explicit Pool(std::span<std::byte> memory) : memory_(memory) {}

  std::span<std::byte> Take(size_t bytes);
  void Give(std::span<const std::byte> block);
  size_t size() const { return memory_.size(); }
  size_t free_bytes() const;  // in all gaps together

 private:
  struct Block {
    size_t begin = 0, end = 0;
  };
  std::span<std::byte> memory_;
  std::array<Block, kMaxBlocks> blocks_{};  // in use, ascending
  size_t count_ = 0;
};

}  // namespace covey::micro
