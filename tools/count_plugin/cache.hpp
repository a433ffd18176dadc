// Cache counts the misses of a set-associative cache with least-recently-used replacement: the
// flash buffers and caches of microcontrollers.
//
//   Cache cache({.line = 32, .sets = 1, .ways = 32});
//   cache.Touch(address, bytes);   ...   cache.TakeMisses()
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace covey::count {

struct CacheShape {
  uint32_t line = 0, sets = 0, ways = 0;  // line: bytes, a power of two; 0: no cache, all misses
};

class Cache {
 public:
  explicit Cache(CacheShape shape)
      : shape_(shape), lines_(size_t{shape.sets} * shape.ways, UINT64_MAX) {}

  void Touch(uint64_t address, uint32_t bytes) {
    if (shape_.line == 0) return;
    for (uint64_t line = address / shape_.line; line <= (address + bytes - 1) / shape_.line; ++line)
      TouchLine(line);
  }
  uint64_t TakeMisses() {
    const uint64_t misses = misses_;
    misses_ = 0;
    return misses;
  }

 private:
  // The newest way of a set stands first.
  void TouchLine(uint64_t line) {
    uint64_t* const set = lines_.data() + line % shape_.sets * shape_.ways;
    uint32_t at = 0;
    while (at < shape_.ways && set[at] != line) ++at;
    if (at == shape_.ways) {
      ++misses_;
      --at;
    }
    for (; at > 0; --at) set[at] = set[at - 1];
    set[0] = line;
  }

  CacheShape shape_;
  std::vector<uint64_t> lines_;
  uint64_t misses_ = 0;
};

}  // namespace covey::count
