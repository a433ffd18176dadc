#include "micro/node/pool.hpp"

namespace covey::micro {

std::span<std::byte> Pool::Take(size_t bytes) {
  if (bytes == 0 || bytes > memory_.size() || count_ == kMaxBlocks) return {};
  const size_t rounded = (bytes + kAlign - 1) / kAlign * kAlign;
  size_t at = 0, i = 0;
  for (; i < count_; ++i) {
    if (blocks_[i].begin - at >= rounded) break;
    at = blocks_[i].end;
  }
  if (i == count_ && memory_.size() - at < rounded) return {};
  for (size_t move = count_; move > i; --move) blocks_[move] = blocks_[move - 1];
  blocks_[i] = {at, at + rounded};
  ++count_;
  return memory_.subspan(at, bytes);
}

void Pool::Give(std::span<const std::byte> block) {
  if (block.empty()) return;
  const auto begin = static_cast<size_t>(block.data() - memory_.data());
  for (size_t i = 0; i < count_; ++i) {
    if (blocks_[i].begin != begin) continue;
    for (; i + 1 < count_; ++i) blocks_[i] = blocks_[i + 1];
    --count_;
    return;
  }
}

size_t Pool::free_bytes() const {
  size_t used = 0;
  for (size_t i = 0; i < count_; ++i) used += blocks_[i].end - blocks_[i].begin;
  return used < memory_.size() ? memory_.size() - used : 0;
}

}  // namespace covey::micro
