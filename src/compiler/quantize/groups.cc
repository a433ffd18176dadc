#include "compiler/quantize/groups.hpp"

#include <numeric>
#include <utility>

#include "compiler/passes/uses.hpp"
#include "compiler/quantize/rules.hpp"

namespace covey::compiler {
namespace {

class Ties {
 public:
  explicit Ties(size_t tensors) : parent_(tensors) { std::iota(parent_.begin(), parent_.end(), 0); }
  int Root(int tensor) {
    int root = tensor;
    while (parent_[static_cast<size_t>(root)] != root) root = parent_[static_cast<size_t>(root)];
    while (parent_[static_cast<size_t>(tensor)] != root) {
      tensor = std::exchange(parent_[static_cast<size_t>(tensor)], root);
    }
    return root;
  }
  void Tie(int a, int b) { parent_[static_cast<size_t>(Root(b))] = Root(a); }

 private:
  std::vector<int> parent_;
};

// A move of one fixed tensor is fixed as well; where several are joined, a fixed one gets a
// requantisation before the join (BuildInt8).
void TieOne(const Graph& floats, const Node& node, QuantGroups& groups, Ties& ties) {
  std::vector<int> inputs;
  for (int input : node.inputs) {
    if (input != kNoTensor && !TensorOf(floats, input).constant()) inputs.push_back(input);
  }
  const std::optional<ScaleZero> first = groups.fixed[static_cast<size_t>(inputs[0])];
  for (int output : node.outputs) {
    if (output == kNoTensor) continue;
    if (inputs.size() == 1 && first) {
      groups.fixed[static_cast<size_t>(output)] = first;
      continue;
    }
    for (int input : inputs) {
      if (!groups.fixed[static_cast<size_t>(input)]) ties.Tie(input, output);
    }
  }
}

}  // namespace

QuantGroups GroupsOf(const Graph& floats) {
  const size_t tensors = floats.tensors.size();
  QuantGroups groups{.root = {},
                     .fixed = std::vector<std::optional<ScaleZero>>(tensors),
                     .activation = std::vector<bool>(tensors)};
  Ties ties(tensors);
  for (int input : floats.inputs) groups.activation[static_cast<size_t>(input)] = true;
  for (const Node& node : floats.nodes) {
    const QuantRule rule = RuleOf(node);
    for (int output : node.outputs) {
      if (output == kNoTensor) continue;
      groups.activation[static_cast<size_t>(output)] = true;
      if (rule == QuantRule::kFixed) groups.fixed[static_cast<size_t>(output)] = FixedOutput(node);
    }
    if (rule == QuantRule::kSame) TieOne(floats, node, groups, ties);
  }
  for (size_t t = 0; t < tensors; ++t) groups.root.push_back(ties.Root(static_cast<int>(t)));
  return groups;
}

}  // namespace covey::compiler
