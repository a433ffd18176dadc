#include "compiler/memory/gradual.hpp"

#include <algorithm>

namespace covey::compiler {
namespace {

// Whether the block may die part by part.
bool InParts(const Block& block, const std::vector<Part>& reads) {
  return reads.size() > 1 && std::none_of(reads.begin(), reads.end(), [&](const Part& read) {
           return read.end - read.begin >= block.bytes;
         });
}

int64_t LeadOf(const Block& in, const std::vector<Part>& reads, const std::vector<Part>& writes) {
  int64_t lead = -in.bytes;
  for (const Part& write : writes)
    for (const Part& read : reads)
      if (read.moment >= write.moment) lead = std::max(lead, write.end - read.begin);
  return lead;
}

}  // namespace

void AddGradualShares(Problem& problem, const Parts& parts) {
  const std::vector<Block>& blocks = problem.blocks;
  for (size_t in = 0; in < blocks.size(); ++in) {
    if (!InParts(blocks[in], parts.reads[in])) continue;
    int written = blocks[in].first;  // the last time
    for (const Part& write : parts.writes[in]) written = std::max(written, write.moment);
    for (size_t out = 0; out < blocks.size(); ++out) {
      const int first = blocks[out].first;
      if (parts.writes[out].size() < 2 || first <= written || first > blocks[in].last) continue;
      const int64_t lead = LeadOf(blocks[in], parts.reads[in], parts.writes[out]);
      if (lead >= blocks[out].bytes) continue;
      problem.shares.push_back({.out = static_cast<int>(out),
                                .in = static_cast<int>(in),
                                .lead = lead,
                                .step = kArenaAlign,
                                .gradual = true});
    }
  }
}

}  // namespace covey::compiler
