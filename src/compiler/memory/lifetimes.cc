#include "compiler/memory/lifetimes.hpp"

#include <algorithm>

#include "kernels/overlap.hpp"

namespace covey::compiler {

using kernels::Sharing;

Lifetimes::Lifetimes(const Graph& graph, std::span<const OpView> views,
                     const std::set<size_t>& copied)
    : graph_(graph), block_of_(graph.tensors.size(), -1) {
  for (size_t t = 0; t < graph.tensors.size(); ++t) parent_.push_back({t, 0});
  const size_t end = graph.nodes.size();
  for (size_t i = 0; i < end; ++i) Alias(graph.nodes[i], views.empty() ? nullptr : &views[i]);
  for (size_t i = 0; i < end && !views.empty(); ++i)
    if (copied.count(i) == 0 && Join(graph.nodes[i], views[i])) joining_.push_back(i);
  AddBlocks();
  for (size_t i = 0; i < end && !views.empty(); ++i)
    AddShares(graph.nodes[i], views[i], static_cast<int>(i));
  if (!views.empty()) AddGradualShares(problem_, PartsOf());
}

bool Lifetimes::InArena(int tensor) const {
  return tensor != kNoTensor && !graph_.tensors[static_cast<size_t>(tensor)].constant();
}

int64_t Lifetimes::Bytes(size_t tensor) const {
  return static_cast<int64_t>(graph_.tensors[tensor].bytes());
}

Lifetimes::Place Lifetimes::InRoot(size_t tensor) const {
  Place place{tensor, 0};
  while (parent_[place.root].root != place.root) {
    place.offset += parent_[place.root].offset;
    place.root = parent_[place.root].root;
  }
  return place;
}

bool Lifetimes::LieIn(size_t part, size_t whole, int64_t offset) {
  const Place at = InRoot(whole);
  if (offset % kArenaAlign != 0 || parent_[part].root != part || at.root == part) return false;
  parent_[part] = {whole, offset};
  return true;
}

// reshape, slice: the output is part of the input. Nobody writes over a tensor that is still read,
// so that both may stay as long as they are needed.
void Lifetimes::Alias(const Node& node, const OpView* view) {
  if (node.outputs.size() != 1 || !InArena(node.outputs[0]) || node.inputs.empty() ||
      !InArena(node.inputs[0])) {
    return;
  }
  const auto in = static_cast<size_t>(node.inputs[0]), out = static_cast<size_t>(node.outputs[0]);
  if (view == nullptr) {
    if (node.op == Op::kReshape) (void)LieIn(out, in, 0);
    return;
  }
  const Sharing sharing = kernels::SharingOf(*view, 0);
  if (sharing.how == Sharing::How::kAtPlace && Bytes(out) <= Bytes(in))
    (void)LieIn(out, in, -sharing.lead);  // if not, it is copied
}

bool Lifetimes::ReadTwice(const Node& node, size_t root) const {
  return std::count_if(node.inputs.begin(), node.inputs.end(), [&](int input) {
           return InArena(input) && InRoot(static_cast<size_t>(input)).root == root;
         }) > 1;
}

// concatenation: each input that lies nowhere else yet, and is no part, lies in the output.
bool Lifetimes::Join(const Node& node, const OpView& view) {
  if (view.outputs != 1 || !InArena(node.outputs[0])) return false;
  const auto out = static_cast<size_t>(node.outputs[0]);
  bool joined = false;
  for (int i = 0; i < view.inputs; ++i) {
    const int input = node.inputs[static_cast<size_t>(i)];
    if (!InArena(input) || Bytes(static_cast<size_t>(input)) >= Bytes(out)) continue;
    const Sharing sharing = kernels::SharingOf(view, i);
    if (sharing.how != Sharing::How::kAtPlace) continue;
    const Place at = InRoot(static_cast<size_t>(input));
    if (at.offset != 0 || Bytes(at.root) != Bytes(static_cast<size_t>(input))) continue;
    if (ReadTwice(node, at.root)) continue;  // it cannot lie at two places
    joined = LieIn(at.root, out, sharing.lead) || joined;
  }
  return joined;
}

void Lifetimes::AddBlocks() {
  constexpr int kUnset = -2;
  const int end = static_cast<int>(graph_.nodes.size());
  std::vector<int> first(parent_.size(), kUnset), last(parent_.size(), kUnset);
  const auto touch = [&](int tensor, int moment) {
    if (!InArena(tensor)) return;
    const size_t root = InRoot(static_cast<size_t>(tensor)).root;
    if (first[root] == kUnset || moment < first[root]) first[root] = moment;
    last[root] = std::max(last[root], moment);
  };
  for (int input : graph_.inputs) touch(input, -1);
  for (int i = 0; i < end; ++i) {
    for (int output : graph_.nodes[static_cast<size_t>(i)].outputs) touch(output, i);
    for (int input : graph_.nodes[static_cast<size_t>(i)].inputs) touch(input, i);
  }
  for (int output : graph_.outputs) touch(output, end);
  for (size_t t = 0; t < parent_.size(); ++t) {
    // State lives from run to run: it shares its place with nothing.
    if (!graph_.tensors[t].state || first[InRoot(t).root] == kUnset) continue;
    touch(static_cast<int>(t), -1);
    touch(static_cast<int>(t), end);
  }
  for (size_t t = 0; t < parent_.size(); ++t) {
    if (first[t] == kUnset) continue;
    block_of_[t] = static_cast<int>(problem_.blocks.size());
    problem_.blocks.push_back({.bytes = Bytes(t), .first = first[t], .last = last[t]});
  }
  for (size_t t = 0; t < parent_.size(); ++t) block_of_[t] = block_of_[InRoot(t).root];
}

void Lifetimes::AddShares(const Node& node, const OpView& view, int moment) {
  if (view.outputs != 1 || !InArena(node.outputs[0])) return;
  const auto output = static_cast<size_t>(node.outputs[0]);
  const int out = block_of_[output];
  if (problem_.blocks[static_cast<size_t>(out)].first != moment || parent_[output].root != output)
    return;
  for (int i = 0; i < view.inputs; ++i) {
    const int input = node.inputs[static_cast<size_t>(i)];
    if (!InArena(input)) continue;
    const int in = block_of_[static_cast<size_t>(input)];
    if (in == out || problem_.blocks[static_cast<size_t>(in)].last != moment) continue;
    const Sharing sharing = kernels::SharingOf(view, i);
    if (sharing.how != Sharing::How::kAhead) continue;
    if (sharing.lead >= static_cast<int64_t>(view.output[0].bytes)) continue;
    // The distance counts from where the input begins within its block.
    const int64_t within = InRoot(static_cast<size_t>(input)).offset;
    if (within % sharing.step != 0) continue;
    problem_.shares.push_back({out, in, sharing.lead - within, sharing.step});
  }
}

Parts Lifetimes::PartsOf() const {
  Parts parts(problem_.blocks.size());
  const auto block = [this](int tensor) {
    return InArena(tensor) ? block_of_[static_cast<size_t>(tensor)] : -1;
  };
  const auto put = [&](std::vector<std::vector<Part>>& to, int tensor, int moment) {
    if (block(tensor) < 0) return;
    const auto t = static_cast<size_t>(tensor);
    const int64_t begin = within(t);
    to[static_cast<size_t>(block(tensor))].push_back({moment, begin, begin + Bytes(t)});
  };
  const int end = static_cast<int>(graph_.nodes.size());
  for (int i = 0; i < end; ++i) {
    const Node& node = graph_.nodes[static_cast<size_t>(i)];
    const bool moves = node.op == Op::kSlice || node.op == Op::kReshape || node.op == Op::kConcat;
    const bool in_place =
        moves && std::all_of(node.inputs.begin(), node.inputs.end(),
                             [&](int input) { return block(input) == block(node.outputs[0]); });
    if (in_place) continue;
    for (int input : node.inputs) put(parts.reads, input, i);
    for (int output : node.outputs) put(parts.writes, output, i);
  }
  for (int input : graph_.inputs) put(parts.writes, input, -1);
  for (int output : graph_.outputs) put(parts.reads, output, end);
  for (size_t t = 0; t < graph_.tensors.size(); ++t)
    if (graph_.tensors[t].state) put(parts.reads, static_cast<int>(t), end);
  return parts;
}

}  // namespace covey::compiler
