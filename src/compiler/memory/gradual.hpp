// AddGradualShares finds blocks that come part by part while others die part by part: the output of
// a stage that runs in bands (passes/split.hpp), and its input. The one may follow the other
// through memory.
//
//   input  0011112222    band 2 reads bytes that begin behind all that band 1 has written:
//   output 112           the output may begin where the input does
//
//   Parts parts(problem.blocks.size());
//   parts.reads[block].push_back({moment, begin, end});
//   AddGradualShares(problem, parts);
//
// Exact: the lead keeps each write below every byte that is read at that moment or later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "compiler/memory/blocks.hpp"

namespace covey::compiler {

// Bytes of a block that an op touches.
struct Part {
  int moment = 0;
  int64_t begin = 0, end = 0;
};

// Of each block. What must last until the end (outputs, state) is read as a whole after the last
// op. An op whose tensors lie in one block at their place touches nothing.
struct Parts {
  explicit Parts(size_t blocks) : reads(blocks), writes(blocks) {}
  std::vector<std::vector<Part>> reads, writes;
};

void AddGradualShares(Problem& problem, const Parts& parts);

}  // namespace covey::compiler
