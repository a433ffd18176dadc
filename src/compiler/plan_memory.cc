#include "compiler/plan_memory.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

namespace covey::compiler {
namespace {

constexpr int64_t kAlign = 16;

int64_t AlignUp(int64_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

bool Meet(const Block& a, const Block& b) { return a.first <= b.last && b.first <= a.last; }

// The start of the smallest gap between blocks already placed that holds `block`.
int64_t BestGap(const std::vector<Block>& blocks, const std::vector<size_t>& placed,
                const Block& block) {
  std::vector<const Block*> others;
  for (size_t i : placed) {
    if (Meet(blocks[i], block)) others.push_back(&blocks[i]);
  }
  std::sort(others.begin(), others.end(),
            [](const Block* a, const Block* b) { return a->offset < b->offset; });
  int64_t best = -1;
  int64_t best_gap = std::numeric_limits<int64_t>::max();
  int64_t end = 0;
  for (const Block* other : others) {
    const int64_t gap = other->offset - end;
    if (gap >= block.bytes && gap < best_gap) {
      best = end;
      best_gap = gap;
    }
    end = std::max(end, AlignUp(other->offset + other->bytes));
  }
  return best >= 0 ? best : end;
}

int64_t PlaceInOrder(std::vector<Block>& blocks, const std::vector<size_t>& order) {
  std::vector<size_t> placed;
  int64_t used = 0;
  for (size_t i : order) {
    blocks[i].offset = BestGap(blocks, placed, blocks[i]);
    used = std::max(used, AlignUp(blocks[i].offset + blocks[i].bytes));
    placed.push_back(i);
  }
  return used;
}

// The place in `order` of the block that reaches highest.
size_t Highest(const std::vector<Block>& blocks, const std::vector<size_t>& order) {
  size_t highest = 0;
  for (size_t i = 1; i < order.size(); ++i) {
    const Block& block = blocks[order[i]];
    const Block& top = blocks[order[highest]];
    if (block.offset + block.bytes > top.offset + top.bytes) highest = i;
  }
  return highest;
}

bool MayOverwrite(const Graph& graph, const Node& node, int input) {
  const Tensor& in = graph.tensors[static_cast<size_t>(input)];
  const Tensor& out = graph.tensors[static_cast<size_t>(node.outputs[0])];
  if (node.op == Op::kReshape) return true;
  if (in.dtype != out.dtype) return false;
  if (node.op == Op::kAdd) return in.dims == out.dims && node.inputs[0] != node.inputs[1];
  return node.op == Op::kRelu || node.op == Op::kQuantize;
}

// Builds the blocks: tensors that share bytes (in place) share one block.
class Lifetimes {
 public:
  explicit Lifetimes(const Graph& graph)
      : graph_(graph), block_of_(graph.tensors.size(), -1), last_(graph.tensors.size(), -1) {
    const int end = static_cast<int>(graph.nodes.size());
    for (int i = 0; i < end; ++i) {
      for (int input : graph.nodes[static_cast<size_t>(i)].inputs) SetLast(input, i);
    }
    for (int output : graph.outputs) SetLast(output, end);
    for (int input : graph.inputs) Add(input, -1);
    for (int i = 0; i < end; ++i) AddOutputs(graph.nodes[static_cast<size_t>(i)], i);
  }

  std::vector<Block>& blocks() { return blocks_; }
  int block_of(size_t tensor) const { return block_of_[tensor]; }

 private:
  bool InArena(int tensor) const {
    return tensor != kNoTensor && !graph_.tensors[static_cast<size_t>(tensor)].constant();
  }
  void SetLast(int tensor, int node) {
    if (InArena(tensor)) last_[static_cast<size_t>(tensor)] = node;
  }
  void Add(int tensor, int node) {
    const size_t t = static_cast<size_t>(tensor);
    block_of_[t] = static_cast<int>(blocks_.size());
    blocks_.push_back({.bytes = static_cast<int64_t>(graph_.tensors[t].bytes()),
                       .first = node,
                       .last = std::max(last_[t], node)});
  }
  void AddOutputs(const Node& node, int i) {
    for (int output : node.outputs) {
      if (!InArena(output)) continue;
      const int host = node.outputs.size() == 1 ? Host(node, i) : kNoTensor;
      if (host == kNoTensor) {
        Add(output, i);
        continue;
      }
      const int block = block_of_[static_cast<size_t>(host)];
      block_of_[static_cast<size_t>(output)] = block;
      Block& shared = blocks_[static_cast<size_t>(block)];
      shared.last = std::max({shared.last, last_[static_cast<size_t>(output)], i});
    }
  }
  // The input whose bytes the op may write over: it dies here, with all that shares its block.
  int Host(const Node& node, int i) const {
    for (int input : node.inputs) {
      if (!InArena(input) || !MayOverwrite(graph_, node, input)) continue;
      const int block = block_of_[static_cast<size_t>(input)];
      if (block >= 0 && blocks_[static_cast<size_t>(block)].last == i) return input;
    }
    return kNoTensor;
  }

  const Graph& graph_;
  std::vector<int> block_of_;
  std::vector<int> last_;
  std::vector<Block> blocks_;
};

int64_t LiveAt(const std::vector<Block>& blocks, int moment) {
  int64_t live = 0;
  for (const Block& block : blocks) {
    if (block.first <= moment && moment <= block.last) live += AlignUp(block.bytes);
  }
  return live;
}

// Scratch may raise the arena by one part in so many, which buys the tightest layers their speed.
constexpr int64_t kScratchShare = 12;

// Appends a block for each node with scratch: as large as it can use and as fits below the peak.
void AddScratch(const std::vector<ScratchNeed>& needs, std::vector<Block>& blocks,
                std::vector<int>& block_of_node) {
  std::vector<int64_t> live(needs.size());
  int64_t tensors = 0;
  int64_t peak = 0;
  for (size_t i = 0; i < needs.size(); ++i) {
    live[i] = LiveAt(blocks, static_cast<int>(i));
    tensors = std::max(tensors, live[i]);
    peak = std::max(peak, live[i] + AlignUp(needs[i].least));
  }
  peak = std::max(peak, tensors + tensors / kScratchShare / kAlign * kAlign);
  for (size_t i = 0; i < needs.size(); ++i) {
    block_of_node.push_back(-1);
    if (needs[i].best == 0) continue;
    const int64_t bytes = std::clamp(peak - live[i], needs[i].least, needs[i].best);
    block_of_node.back() = static_cast<int>(blocks.size());
    blocks.push_back({.bytes = bytes, .first = static_cast<int>(i), .last = static_cast<int>(i)});
  }
}

}  // namespace

int64_t LowerBound(const std::vector<Block>& blocks) {
  std::map<int, int64_t> change;  // at a moment: bytes that come minus bytes that went
  for (const Block& block : blocks) {
    change[block.first] += block.bytes;
    change[block.last + 1] -= block.bytes;
  }
  int64_t live = 0;
  int64_t most = 0;
  for (const auto& [moment, bytes] : change) {
    live += bytes;
    most = std::max(most, live);
  }
  return most;
}

int64_t PlaceBlocks(std::vector<Block>& blocks) {
  using Before = bool (*)(const Block& a, const Block& b);
  constexpr Before kOrders[] = {
      [](const Block& a, const Block& b) { return a.bytes > b.bytes; },
      [](const Block& a, const Block& b) {
        return a.bytes * (a.last - a.first + 1) > b.bytes * (b.last - b.first + 1);
      },
      [](const Block& a, const Block& b) { return a.last - a.first > b.last - b.first; },
      [](const Block& a, const Block& b) { return a.first < b.first; },
  };
  constexpr int kRounds = 32;
  if (blocks.empty()) return 0;
  const int64_t bound = LowerBound(blocks);
  std::vector<Block> best;
  int64_t fewest = std::numeric_limits<int64_t>::max();
  for (Before before : kOrders) {
    std::vector<Block> trial = blocks;
    std::vector<size_t> order(blocks.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return before(blocks[a], blocks[b]); });
    // The block that reaches highest came too late: next time it goes first.
    for (int round = 0; round < kRounds && fewest > bound; ++round) {
      const int64_t used = PlaceInOrder(trial, order);
      if (used < fewest) {
        fewest = used;
        best = trial;
      }
      const auto highest = order.begin() + static_cast<ptrdiff_t>(Highest(trial, order));
      std::rotate(order.begin(), highest, highest + 1);
    }
  }
  blocks = std::move(best);
  return fewest;
}

MemoryPlan PlanMemory(const Graph& graph, const std::vector<ScratchNeed>& scratch) {
  Lifetimes lifetimes(graph);
  std::vector<Block>& blocks = lifetimes.blocks();
  std::vector<int> block_of_node;
  AddScratch(scratch, blocks, block_of_node);
  block_of_node.resize(graph.nodes.size(), -1);
  MemoryPlan plan;
  plan.lower_bound = LowerBound(blocks);
  plan.arena_bytes = PlaceBlocks(blocks);
  plan.offsets.assign(graph.tensors.size(), -1);
  for (size_t t = 0; t < graph.tensors.size(); ++t) {
    const int block = lifetimes.block_of(t);
    if (block >= 0) plan.offsets[t] = blocks[static_cast<size_t>(block)].offset;
  }
  for (const int block : block_of_node) {
    plan.scratch.emplace_back();
    if (block < 0) continue;
    const Block& placed = blocks[static_cast<size_t>(block)];
    plan.scratch.back() = {placed.offset, placed.bytes};
  }
  return plan;
}

}  // namespace covey::compiler
