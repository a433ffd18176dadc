// Place puts blocks of bytes into one arena, each at an offset for as long as it lives; two that
// share a moment must not share bytes, unless one is an op's output, the other an input that dies
// with the op, and they keep the distance that the kernels ask for (kernels/overlap.hpp).
//
//   Problem problem{blocks, shares};
//   const int64_t bytes = Place(problem);          // sets problem.blocks[i].offset
//
// The search: a block goes to the lowest offset that is free; some order of the blocks gives the
// optimum. Orders by size, by life and by both, then the block that reached highest moved to the
// front, then exhaustively within a bound, then small random changes with a fixed seed; it stops at
// the lower bound.
//
// Units: bytes, offsets are multiples of 16. Exact: LowerBound is the largest sum of blocks alive
// at one moment, less what the shares can save there; no plan can need less.
#pragma once

#include <cstdint>
#include <vector>

namespace covey::compiler {

inline constexpr int64_t kArenaAlign = 16;
inline int64_t AlignUp(int64_t bytes) {
  return (bytes + kArenaAlign - 1) / kArenaAlign * kArenaAlign;
}

struct Block {
  int64_t bytes = 0;
  int first = 0, last = 0;  // moments, both included
  int64_t offset = -1;
};

// Block `in` may begin behind block `out` by `lead` bytes or more, in multiples of `step`.
struct Share {
  int out = 0, in = 0;
  int64_t lead = 0, step = 1;
  bool gradual = false;  // while both live: parts of `in` die as parts of `out` come
};

struct Problem {
  std::vector<Block> blocks;
  std::vector<Share> shares;
};

// How long Place may look beyond the simple orders.
enum class Effort { kQuick, kFull };

int64_t Place(Problem& problem, Effort effort = Effort::kFull);
int64_t LowerBound(const Problem& problem);
// The moment that the lower bound comes from.
int HighestMoment(const Problem& problem);
// What is alive at a moment, less what is shared there.
int64_t LiveAt(const Problem& problem, int moment);

}  // namespace covey::compiler
