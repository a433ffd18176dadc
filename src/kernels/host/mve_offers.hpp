// What Helium's loops over convolutions cost in instructions (kernels/mve/), for whoever chooses
// among them and for whoever decides what to remove.
//
//   const int64_t plain = mve::DotCost(chunks);        // four outputs by two pixels, whole
//   const int64_t thin = mve::ChunksCost(lists);       // of all outputs by two pixels
//
// Coefficients are counted in the loops themselves (dot4x2.cc, chunk_loop.cc).
#pragma once

#include <cstdint>

#include "kernels/host/skip_lists.hpp"

namespace covey::kernels::mve {

// Offer::variant; of conv2d, beside 0. Lists of chunks (kernels/chunk_list.hpp).
inline constexpr int32_t kSkipChunks = 11;

// Sixteen terms of four outputs and two pixels: in the plain loop; in the loop over lists for each
// mask, and for each chunk that one output keeps. Beside them.
inline constexpr int64_t kDotChunk = 14, kDotBeside = 40;
inline constexpr int64_t kMask = 3, kKeptChunk = 3, kChunksBeside = 30;

constexpr int64_t DotCost(int64_t chunks) { return kDotChunk * chunks + kDotBeside; }
constexpr int64_t ChunksCost(int64_t fours, int64_t masks, int64_t empty, int64_t kept) {
  return kMask * masks - empty + kKeptChunk * kept + kChunksBeside * fours;
}
inline int64_t ChunksCost(const SkipLists& lists, int64_t fours) {
  return ChunksCost(fours, lists.groups, lists.moves, lists.kept);
}
// Of each batch of pixels and four outputs: set-up, and a list's masks to codes.
constexpr int64_t ChunksSetUp(int64_t mask_words) { return 130 + 22 * mask_words; }

}  // namespace covey::kernels::mve
