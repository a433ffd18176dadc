// What deciding and exploring reckon with: time that does not wrap round, and prices of views.
//
//   view.price = PriceOf(view, request.prefer);
//   if (Worse(then, now, request.prefer) < 0) ...   // `then` is the better one
//
// Inline: deciding has a budget in instructions (docs/guide/routing.md).
#pragma once

#include <cstdint>
#include <limits>

#include "core/profile.hpp"
#include "micro/route/request.hpp"

namespace covey::micro {

inline constexpr uint32_t kNever = std::numeric_limits<uint32_t>::max();
inline constexpr uint32_t kMarginUs = 1'000;
inline constexpr uint16_t kHardly = 300;  // a chance of less: nothing can do what was asked
inline constexpr uint16_t kSeldom = 128;  // requests between those that explore at such a price

inline constexpr uint8_t kSure = 8;  // answers in a row before a profile is called wrong

inline uint32_t Sum(uint32_t a, uint32_t b) { return a > kNever - b ? kNever : a + b; }

inline uint32_t Less(uint32_t a, uint32_t b) { return a > b ? a - b : 0; }

inline uint32_t Smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

inline uint32_t Scaled(uint32_t value, uint16_t q8) {
  const uint64_t all = (uint64_t{value} * q8) >> 8;
  return all < kNever ? static_cast<uint32_t>(all) : kNever;
}

// How long to wait for a place when nothing presses.
inline uint32_t Patience(uint32_t expected_us) {
  return Sum(expected_us > kNever / 4 ? kNever : expected_us * 4, 300 * kMarginUs);
}

// Time or energy for each right answer: what is wrong twice as often is not cheaper at that price.
template <typename View>
uint32_t PriceOf(const View& view, Prefer prefer) {
  const uint32_t one = prefer == Prefer::kEnergy ? view.energy_uj : view.whole_us;
  const uint32_t tries = view.accuracy > 0 ? (uint32_t{kOne} << 8) / view.accuracy : 256U;
  const uint64_t all = (uint64_t{one} * tries) >> 8;
  return all < kNever ? static_cast<uint32_t>(all) : kNever;
}

// How much worse `a` is than `b`, in 1/64 of b; negative: better. For accuracy in 1/64 of 8 points;
// what differs by less is told apart by its price.
template <typename View>
int32_t Worse(const View& a, const View& b, Prefer prefer) {
  if (prefer == Prefer::kAccuracy) {
    const int32_t steps = (int32_t{b.worth} - int32_t{a.worth}) * 64 / 800;
    if (steps != 0) return steps;
  }
  const uint32_t x = a.price, y = b.price;
  const uint32_t low = x < y ? x : y, high = x < y ? y : x;
  const uint32_t unit = low / 64 + 1;
  const uint32_t steps = (high - low) / unit;
  const auto bounded = static_cast<int32_t>(steps < 100'000 ? steps : 100'000);
  return x > y ? bounded : -bounded;
}

}  // namespace covey::micro
