#include "compiler/memory/search.hpp"

#include <algorithm>
#include <numeric>
#include <random>

namespace covey::compiler {
namespace {

constexpr int kClimbs = 32;
constexpr size_t kMostToExhaust = 16;  // blocks
constexpr int64_t kPlacements = 30'000;
constexpr int64_t kShakes = 300;

int64_t UpTo(int64_t value, int64_t step) {  // to a multiple, towards plus infinity
  const int64_t rest = ((value % step) + step) % step;
  return rest == 0 ? value : value + step - rest;
}

bool Meet(const Block& a, const Block& b) { return a.first <= b.last && b.first <= a.last; }

}  // namespace

Share OnGrid(const Share& share) {
  Share on = share;
  on.step = std::lcm(share.step, kArenaAlign);
  on.lead = UpTo(share.lead, on.step);
  return on;
}

Search::Search(const Problem& problem, int64_t bound)
    : problem_(problem),
      bound_(bound),
      neighbours_(problem.blocks.size()),
      offset_(problem.blocks.size(), -1) {
  const std::vector<Block>& blocks = problem.blocks;
  for (size_t a = 0; a < blocks.size(); ++a)
    for (size_t b = 0; b < blocks.size(); ++b)
      if (a != b && Meet(blocks[a], blocks[b])) neighbours_[a].push_back({b, 0, 0, 1});
  for (const Share& share : problem.shares) {
    const Share on = OnGrid(share);
    const auto out = static_cast<size_t>(on.out), in = static_cast<size_t>(on.in);
    for (Neighbour& n : neighbours_[in])
      if (n.block == out) n = {out, 1, std::max(on.lead, n.role == 0 ? on.lead : n.lead), on.step};
    for (Neighbour& n : neighbours_[out])
      if (n.block == in) n = {in, 2, std::max(on.lead, n.role == 0 ? on.lead : n.lead), on.step};
  }
}

int64_t Search::NextBeside(int64_t at, size_t block, const Neighbour& other) const {
  const int64_t there = offset_[other.block];
  const int64_t end = there + problem_.blocks[other.block].bytes;
  if (at + problem_.blocks[block].bytes <= there || end <= at) return at;
  const int64_t behind = AlignUp(end);
  if (other.role == 0) return behind;
  if (other.role == 1)
    return std::min(behind, there + UpTo(std::max(at - there, other.lead), other.step));
  const int64_t distance = -UpTo(at - there, other.step);
  return distance >= other.lead ? there - distance : behind;
}

int64_t Search::LowestFree(size_t block) const {
  const std::vector<Neighbour>& neighbours = neighbours_[block];
  int64_t at = 0;
  // Round and round, until all of them agree to the same offset.
  for (size_t i = 0, agreed = 0; agreed < neighbours.size(); i = (i + 1) % neighbours.size()) {
    const Neighbour& other = neighbours[i];
    const int64_t next = offset_[other.block] < 0 ? at : NextBeside(at, block, other);
    agreed = next == at ? agreed + 1 : 1;
    at = next;
  }
  return at;
}

int64_t Search::TryOrder(const std::vector<size_t>& order, int64_t most) {
  std::fill(offset_.begin(), offset_.end(), -1);
  int64_t used = 0;
  for (const size_t block : order) {
    offset_[block] = LowestFree(block);
    used = std::max(used, AlignUp(offset_[block] + problem_.blocks[block].bytes));
    if (used > most) return used;
  }
  Keep(used, order);
  return used;
}

void Search::Keep(int64_t used, const std::vector<size_t>& order) {
  if (used >= fewest_) return;
  fewest_ = used;
  best_ = offset_;
  best_order_ = order;
}

void Search::Climb(std::vector<size_t> order) {
  for (int round = 0; round < kClimbs && !done(); ++round) {
    (void)TryOrder(order, std::numeric_limits<int64_t>::max());
    // The block that reaches highest came too late: next time it goes first. It came first: the
    // next round would be this one.
    const auto end = [&](size_t block) { return offset_[block] + problem_.blocks[block].bytes; };
    const auto highest = std::max_element(order.begin(), order.end(),
                                          [&](size_t a, size_t b) { return end(a) < end(b); });
    if (highest == order.begin()) return;
    std::rotate(order.begin(), highest, highest + 1);
  }
}

void Search::Exhaust() {
  if (done() || problem_.blocks.size() > kMostToExhaust) return;
  budget_ = kPlacements;
  std::fill(offset_.begin(), offset_.end(), -1);
  by_size_.resize(problem_.blocks.size());
  std::iota(by_size_.begin(), by_size_.end(), size_t{0});
  std::stable_sort(by_size_.begin(), by_size_.end(), [&](size_t a, size_t b) {
    return problem_.blocks[a].bytes > problem_.blocks[b].bytes;
  });
  std::vector<size_t> order;
  Descend(order, 0);
}

// Extends a partial order by each block in turn, the largest first.
void Search::Descend(std::vector<size_t>& order, int64_t used) {
  if (order.size() == by_size_.size()) return Keep(used, order);
  for (const size_t block : by_size_) {
    if (offset_[block] >= 0) continue;
    if (--budget_ < 0 || done()) return;
    const int64_t offset = LowestFree(block);
    const int64_t reach = std::max(used, AlignUp(offset + problem_.blocks[block].bytes));
    if (reach >= fewest_) continue;
    offset_[block] = offset;
    order.push_back(block);
    Descend(order, reach);
    order.pop_back();
    offset_[block] = -1;
  }
}

void Search::Shake() {
  const size_t count = problem_.blocks.size();
  if (done() || count < 2) return;
  std::minstd_rand random(1);
  std::vector<size_t> current = best_order_;
  int64_t bytes = fewest_;
  for (int64_t round = 0; round < kShakes && !done(); ++round) {
    std::vector<size_t> changed = current;
    const size_t from = random() % count, to = random() % count;
    if (random() % 2 == 0) {
      std::swap(changed[from], changed[to]);
    } else {
      const size_t block = changed[from];
      changed.erase(changed.begin() + static_cast<ptrdiff_t>(from));
      changed.insert(changed.begin() + static_cast<ptrdiff_t>(to), block);
    }
    const int64_t used = TryOrder(changed, bytes);
    if (used > bytes) continue;
    bytes = used;
    current = std::move(changed);
  }
}

}  // namespace covey::compiler
