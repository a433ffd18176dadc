// Choose takes one offer for each op: the least cost (instructions, and waits for flash) that a limit
// on the arena and one on the image allow.
//
//   const Choice choice = Choose(lifetimes.problem(), offers, {.arena = 40'000});
//   if (choice.arena_bytes > 40'000) ...       // not even the smallest offers fit
//
// Each op takes the cheapest offer whose scratch fits beside the tensors that are alive then; what
// the placement wastes is taken from the largest, until the whole fits. Constants that an offer
// adds have a price, the lowest at which their sum keeps the limit.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "compiler/memory/blocks.hpp"
#include "compiler/memory/offers.hpp"

namespace covey::compiler {

inline constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

struct Bounds {
  int64_t arena = kNoLimit;  // bytes
  int64_t flash = kNoLimit;  // bytes that offers may add to the image
};

struct Choice {
  std::vector<int> offer;    // one an op: its number
  Problem problem;           // the tensors' blocks, then scratch; placed
  std::vector<int> scratch;  // one an op: its block, or -1
  int64_t arena_bytes = 0;
  int64_t flash_bytes = 0;
  int64_t instructions = 0, cost = 0;
};

// `offers` has one list an op; op i runs at moment i.
Choice Choose(const Problem& tensors, const std::vector<std::vector<Offer>>& offers,
              const Bounds& bounds);

// Without a limit: the smallest arena found that costs at most a fiftieth more than the arena might buy. That one is no larger than what the tensors would need if none ran ahead of
// another, or, if it is more, what each op's least scratch for a fast loop needs.
Choice ChooseUsual(const Problem& tensors, const std::vector<std::vector<Offer>>& offers,
                   int64_t flash = kNoLimit);

}  // namespace covey::compiler
