#include "compiler/approximate/channels.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "compiler/lower/lower.hpp"
#include "compiler/passes/needs.hpp"
#include "compiler/passes/uses.hpp"

namespace covey::compiler {
namespace {

class NoDiag final : public Diag {
 public:
  void Report(const Finding&) override {}
};

// Sets of (tensor, channel) that can only go together.
class Ties {
 public:
  Ties(const Graph& graph, const std::vector<Layer>& layers) : graph_(graph) {
    size_t count = 0;
    for (const Tensor& tensor : graph.tensors) {
      first_.push_back(count);
      count += Width(tensor);
    }
    parent_.resize(count);
    std::iota(parent_.begin(), parent_.end(), size_t{0});
    fixed_.assign(count, false);
    for (int tensor : graph.inputs) Fix(tensor);
    for (int tensor : graph.outputs) Fix(tensor);
    std::set<size_t> sums;
    for (const Layer& layer : layers) sums.insert(layer.node);
    NoDiag quiet;
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      const Node& node = graph.nodes[i];
      if (sums.count(i) != 0) continue;
      const Result<Lowered> lowered = Lower(graph, node, quiet);
      const std::optional<Lowered> op =
          lowered.ok() ? std::optional<Lowered>(*lowered) : std::nullopt;
      if (FlowOf(graph, node, op) == Flow::kTied) {
        Tie(node, node.inputs[0]);
        if (node.op == Op::kAdd) Tie(node, node.inputs[1]);
      } else {
        for (int tensor : node.inputs) Fix(tensor);
        for (int tensor : node.outputs) Fix(tensor);
      }
    }
  }

  size_t Find(int tensor, size_t channel) { return Root(first_[Index(tensor)] + channel); }
  bool fixed(size_t set) const { return fixed_[set]; }
  static size_t Width(const Tensor& tensor) {
    const bool looked_at =
        tensor.dtype == DType::kInt8 && !tensor.constant() && !tensor.dims.empty();
    return looked_at ? static_cast<size_t>(tensor.dims.back()) : 0;
  }

 private:
  static size_t Index(int tensor) { return static_cast<size_t>(tensor); }
  size_t Root(size_t at) {
    while (parent_[at] != at) at = parent_[at] = parent_[parent_[at]];
    return at;
  }
  void Fix(int tensor) {
    if (tensor == kNoTensor) return;
    for (size_t c = 0; c < Width(graph_.tensors[Index(tensor)]); ++c)
      fixed_[Find(tensor, c)] = true;
  }
  void Tie(const Node& node, int input) {
    const size_t in = Width(graph_.tensors[Index(input)]);
    for (size_t j = 0; in > 0 && j < Width(graph_.tensors[Index(node.outputs[0])]); ++j) {
      const size_t a = Find(input, TiedChannel(node, j, in)), b = Find(node.outputs[0], j);
      const bool fixed = fixed_[a] || fixed_[b];
      parent_[b] = a;
      fixed_[a] = fixed;
    }
  }

  const Graph& graph_;
  std::vector<size_t> first_, parent_;
  std::vector<bool> fixed_;
};

// The sets of channels that a node touches, by a tensor of it.
std::set<size_t> SetsOf(const Graph& graph, Ties& ties, const Node& node) {
  std::set<size_t> sets;
  const auto add = [&](int tensor) {
    if (tensor == kNoTensor) return;
    const size_t width = Ties::Width(graph.tensors[static_cast<size_t>(tensor)]);
    for (size_t c = 0; c < width; ++c) sets.insert(ties.Find(tensor, c));
  };
  std::for_each(node.inputs.begin(), node.inputs.end(), add);
  std::for_each(node.outputs.begin(), node.outputs.end(), add);
  return sets;
}

}  // namespace

std::vector<Space> SpacesOf(const Graph& graph, const std::vector<Layer>& layers) {
  Ties ties(graph, layers);
  // Operands of each reader, by set.
  std::map<size_t, std::map<size_t, std::vector<int32_t>>> reads;
  for (size_t l = 0; l < layers.size(); ++l) {
    for (int32_t i = 0; i < layers[l].operands; ++i) {
      const auto channel = static_cast<size_t>(i % layers[l].channels);
      const size_t set = ties.Find(layers[l].input, channel);
      if (!ties.fixed(set)) reads[set][l].push_back(i);
    }
  }
  std::map<std::vector<size_t>, Space> spaces;
  std::map<size_t, std::vector<size_t>> signature;
  for (const auto& [set, by_layer] : reads) {
    std::vector<size_t> readers;
    Unit unit;
    for (const auto& [l, operands] : by_layer) {
      readers.push_back(l);
      unit.operands.push_back(operands);
    }
    Space& space = spaces[readers];
    space.readers = readers;
    space.units.push_back(std::move(unit));
    signature[set] = readers;
  }
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    std::set<std::vector<size_t>> touched;
    for (size_t set : SetsOf(graph, ties, graph.nodes[i])) {
      if (const auto at = signature.find(set); at != signature.end()) touched.insert(at->second);
    }
    for (const std::vector<size_t>& readers : touched) spaces[readers].nodes.push_back(i);
  }
  std::vector<Space> result;
  for (auto& [readers, space] : spaces)
    if (space.units.size() > 1) result.push_back(std::move(space));
  return result;
}

}  // namespace covey::compiler
