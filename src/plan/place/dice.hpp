// Dice are random numbers that are the same everywhere, from the same start.
//
//   Dice dice;
//   dice.Below(6);
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace covey::plan {

class Dice {
 public:
  uint64_t Next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  size_t Below(size_t n) { return static_cast<size_t>(Next() % n); }
  template <typename T>
  void Shuffle(std::vector<T>& items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[Below(i)]);
  }

 private:
  uint64_t state_ = 0x9E3779B97F4A7C15;
};

}  // namespace covey::plan
