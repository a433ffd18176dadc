// Random is SplitMix64 with the few draws that a picture needs; integers only, so that a seed gives
// the same numbers on every machine.
//
//   Random random(Mix(seed, index));
//   int radius = random.Between(52, 92);
#pragma once

#include <cstdint>

namespace covey::pictures {

// A well-stirred combination of two numbers: neighbouring inputs share nothing.
constexpr uint64_t Mix(uint64_t a, uint64_t b) {
  uint64_t x = a * 0x9E3779B97F4A7C15ULL + (b ^ 0xD1B54A32D192ED03ULL);
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

class Random {
 public:
  explicit constexpr Random(uint64_t seed) : state_(seed) {}

  constexpr uint32_t Next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    return static_cast<uint32_t>(Mix(state_, 0) >> 32);
  }
  // Both ends included; the bias of the multiplication is below 2^-20 for the small ranges here.
  constexpr int Between(int low, int high) {
    const uint64_t range = static_cast<uint64_t>(high - low) + 1;
    return low + static_cast<int>((Next() * range) >> 32);
  }
  constexpr bool Percent(int percent) { return Between(0, 99) < percent; }

 private:
  uint64_t state_;
};

}  // namespace covey::pictures
