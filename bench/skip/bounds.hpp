// BoundsOf counts the products that a stop by a bound would save: a sum whose rest cannot bring it
// above zero any more is cut to the output's zero point by the layer's relu, whatever the rest is.
//
//   const std::vector<Bounded> bounded = BoundsOf(image, samples, diag);   // one an op
//
// A sum is looked at after each quarter of its products, once in the order of the weights and once
// with positive weights first, then the most negative (a sum at or below zero then stays there: the
// best order there is for one sum). What a turn of the loop multiplies is two outputs of four
// windows: those eight sums stop together or not at all. Runs on the host; exact: only what is
// proved counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::bench {

struct Bounded {
  struct Quarters {
    uint64_t all = 0, saved = 0;
  };
  Quarters sums, turns;                  // in the order of the weights
  Quarters ordered_sums, ordered_turns;  // positive weights first
};

// samples: of input 0, one after the other.
Result<std::vector<Bounded>> BoundsOf(std::span<const std::byte> image,
                                      std::span<const std::byte> samples, Diag& diag);

}  // namespace covey::bench
