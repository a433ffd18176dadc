#include "compiler/passes/uses.hpp"

#include <utility>

namespace covey::compiler {

Uses::Uses(const Graph& graph)
    : writer_(graph.tensors.size(), -1),
      readers_(graph.tensors.size()),
      output_(graph.tensors.size()) {
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (int input : graph.nodes[i].inputs) {
      if (input != kNoTensor) readers_[static_cast<size_t>(input)].push_back(static_cast<int>(i));
    }
    for (int output : graph.nodes[i].outputs) {
      if (output != kNoTensor) writer_[static_cast<size_t>(output)] = static_cast<int>(i);
    }
  }
  for (int output : graph.outputs) output_[static_cast<size_t>(output)] = true;
}

void ReplaceReads(Graph& graph, int from, int to) {
  for (Node& node : graph.nodes) {
    for (int& input : node.inputs) {
      if (input == from) input = to;
    }
  }
  for (int& output : graph.outputs) {
    if (output == from) output = to;
  }
}

int AddTensor(Graph& graph, Tensor tensor) {
  graph.tensors.push_back(std::move(tensor));
  return static_cast<int>(graph.tensors.size()) - 1;
}

}  // namespace covey::compiler
