#include "compiler/memory/blocks.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "compiler/memory/search.hpp"

namespace covey::compiler {
namespace {

bool LivesAt(const Block& block, int moment) {
  return block.first <= moment && moment <= block.last;
}

// Moments at which something begins: between two of them nothing grows.
std::vector<int> Moments(const Problem& problem) {
  std::vector<int> moments;
  for (const Block& block : problem.blocks) moments.push_back(block.first);
  std::sort(moments.begin(), moments.end());
  moments.erase(std::unique(moments.begin(), moments.end()), moments.end());
  return moments;
}

using Before = bool (*)(const Block& a, const Block& b);
constexpr Before kOrders[] = {
    [](const Block& a, const Block& b) { return a.bytes > b.bytes; },
    [](const Block& a, const Block& b) {
      return a.bytes * (a.last - a.first + 1) > b.bytes * (b.last - b.first + 1);
    },
    [](const Block& a, const Block& b) { return a.last - a.first > b.last - b.first; },
    [](const Block& a, const Block& b) { return a.first < b.first; },
    [](const Block& a, const Block& b) { return a.last > b.last; },
};

}  // namespace

int64_t LiveAt(const Problem& problem, int moment) {
  int64_t live = 0;
  int64_t without_outputs = 0;
  for (const Block& block : problem.blocks) {
    if (!LivesAt(block, moment)) continue;
    live += AlignUp(block.bytes);
    if (block.first < moment) without_outputs += AlignUp(block.bytes);
  }
  int64_t shared = 0;
  for (const Share& share : problem.shares) {
    const Block& out = problem.blocks[static_cast<size_t>(share.out)];
    const Block& in = problem.blocks[static_cast<size_t>(share.in)];
    const bool both = share.gradual ? LivesAt(out, moment) && LivesAt(in, moment)
                                    : out.first == moment && in.last == moment;
    if (!both) continue;
    const int64_t most = std::min(AlignUp(in.bytes), AlignUp(out.bytes));
    const int64_t saved = std::clamp<int64_t>(AlignUp(out.bytes) - OnGrid(share).lead, 0, most);
    shared += saved;
    if (out.first < moment) without_outputs -= saved;
  }
  return std::max(live - shared, without_outputs);
}

int HighestMoment(const Problem& problem) {
  int highest = 0;
  int64_t most = -1;
  for (const int moment : Moments(problem)) {
    const int64_t live = LiveAt(problem, moment);
    if (live > most) most = live, highest = moment;
  }
  return highest;
}

int64_t LowerBound(const Problem& problem) {
  return problem.blocks.empty() ? 0 : LiveAt(problem, HighestMoment(problem));
}

int64_t Place(Problem& problem, Effort effort) {
  if (problem.blocks.empty()) return 0;
  Search search(problem, LowerBound(problem));
  const std::vector<Block>& blocks = problem.blocks;
  for (const Before before : kOrders) {
    std::vector<size_t> order(blocks.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return before(blocks[a], blocks[b]); });
    search.Climb(std::move(order));
  }
  if (effort == Effort::kFull) {
    search.Exhaust();
    search.Shake();
  }
  const std::vector<int64_t>& offsets = search.offsets();
  for (size_t i = 0; i < blocks.size(); ++i) problem.blocks[i].offset = offsets[i];
  return search.fewest();
}

}  // namespace covey::compiler
