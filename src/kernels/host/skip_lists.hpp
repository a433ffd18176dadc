// SkipListsFor writes a convolution's skip lists (kernels/skip_list.hpp, chunk_list.hpp) and counts
// what they save.
//
//   const SkipLists lists = SkipListsFor(kWeightSkipDirect, weights, filter);
//   if (lists.kept < lists.steps) params.insert(params.end(), lists.words.begin(), ...);
//
// Shapes: weights (O,KH,KW,I), one group, two outputs or more.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace covey::kernels {

struct SkipLists {
  std::vector<int32_t> words;
  int64_t steps = 0, kept = 0;  // of all pairs; Winograd: of all positions; or chunks of outputs
  int64_t words_kept = 0;       // of their outputs, those that are not zero
  int64_t groups = 0;           // codes but for the ends; masks of chunks
  int64_t moves = 0;            // groups without step 0; masks that keep nothing
};

// `order`: one that HoldsLists.
SkipLists SkipListsFor(int32_t order, const int8_t* weights, std::span<const int32_t> filter);

}  // namespace covey::kernels
