// RowsOf counts what could be left out of a network's fully connected layers without changing a
// byte, on samples: inputs that are zero, and products behind a bound that proves an output of relu.
//
//   const std::vector<Rows> rows = RowsOf(image, samples, diag);   // one an op
//
// A bound is asked after each eighth of a row's products: the sum so far, and what is left of the
// inputs' sizes times the row's largest weight. Four rows stop together or not at all. `front`: the
// inputs in the order of their sizes, so that zeros come last. What zeros alone save is in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::bench {

struct Share {
  uint64_t part = 0, all = 0;
  double percent() const {
    return all == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(all);
  }
};

struct Rows {
  Share zeros, twos;            // of inputs; of twos, as a list keeps them
  Share lowest, four_lowest;    // of outputs, that end at the lowest byte; of fours, all of them
  Share one, four;              // of products, behind a bound
  Share front_one, front_four;  // the same, large inputs first
  Share zeros_four;             // of those fours' products, zero
};

// Of convolutions: pixels of the output whose windows hold nothing but zeros; of four side by side.
struct Windows {
  Share one, four;
};

// samples: of input 0, one after the other.
Result<std::vector<Rows>> RowsOf(std::span<const std::byte> image,
                                 std::span<const std::byte> samples, Diag& diag);
Result<std::vector<Windows>> WindowsOf(std::span<const std::byte> image,
                                       std::span<const std::byte> samples, Diag& diag);

}  // namespace covey::bench
