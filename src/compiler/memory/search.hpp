// Search looks for the order of blocks whose greedy placement needs the fewest bytes (blocks.hpp).
// Placing each block at its lowest free offset, some order gives an optimal plan, so orders are all
// there is to search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "compiler/memory/blocks.hpp"

namespace covey::compiler {

// The share with lead and step on the grid of 16 bytes that offsets keep.
Share OnGrid(const Share& share);

class Search {
 public:
  Search(const Problem& problem, int64_t bound);

  // Tries the order, then again with the block that reaches highest moved to the front.
  void Climb(std::vector<size_t> order);
  // All orders of few blocks, as far as a fixed number of placements goes.
  void Exhaust();
  // Small changes to the best order, with a fixed seed.
  void Shake();

  int64_t fewest() const { return fewest_; }
  const std::vector<int64_t>& offsets() const { return best_; }

 private:
  struct Neighbour {
    size_t block;
    int role;  // 0: keeps apart; 1: it is the output, we the input; 2: the other way round
    int64_t lead, step;
  };

  bool done() const { return fewest_ <= bound_; }
  // The lowest offset from `at` on where `block` and the placed `other` may both be.
  int64_t NextBeside(int64_t at, size_t block, const Neighbour& other) const;
  int64_t LowestFree(size_t block) const;
  // The bytes used; with more than `most` it gives up and says some such number.
  int64_t TryOrder(const std::vector<size_t>& order, int64_t most);
  void Keep(int64_t used, const std::vector<size_t>& order);
  void Descend(std::vector<size_t>& order, int64_t used);

  const Problem& problem_;
  int64_t bound_;
  int64_t fewest_ = std::numeric_limits<int64_t>::max();
  int64_t budget_ = 0;
  std::vector<std::vector<Neighbour>> neighbours_;  // blocks that share a moment
  std::vector<int64_t> offset_;                     // -1: not placed
  std::vector<int64_t> best_;
  std::vector<size_t> best_order_;
  std::vector<size_t> by_size_;  // the largest first; for Exhaust()
};

}  // namespace covey::compiler
