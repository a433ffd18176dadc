// SampleInput stands for a sensor: bytes that depend on seed and request alone, so that whoever
// knows the two can tell what a node read.
//
//   SampleInput(seed, request, input);    // xorshift32, four bytes a step
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace covey::micro {

inline void SampleInput(uint32_t seed, uint32_t request, std::span<std::byte> to) {
  uint32_t state = 0x9E3779B9U * (seed + 1) + request;
  if (state == 0) state = 1;
  for (size_t at = 0; at < to.size(); ++at) {
    if (at % 4 == 0) {
      state ^= state << 13;
      state ^= state >> 17;
      state ^= state << 5;
    }
    to[at] = static_cast<std::byte>(state >> (8 * (at % 4)));
  }
}

}  // namespace covey::micro
