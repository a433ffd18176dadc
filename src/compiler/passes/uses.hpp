// Uses answers who writes and who reads a tensor; made anew after each rewrite that matters.
#pragma once

#include <vector>

#include "compiler/ir/graph.hpp"

namespace covey::compiler {

class Uses {
 public:
  explicit Uses(const Graph& graph);
  // The node that writes the tensor; -1 for inputs and constants.
  int writer(int tensor) const { return writer_[static_cast<size_t>(tensor)]; }
  // The nodes that read it, each once a read.
  const std::vector<int>& readers(int tensor) const {
    return readers_[static_cast<size_t>(tensor)];
  }
  bool is_output(int tensor) const { return output_[static_cast<size_t>(tensor)]; }
  bool only_reader(int tensor) const { return readers(tensor).size() == 1 && !is_output(tensor); }

 private:
  std::vector<int> writer_;
  std::vector<std::vector<int>> readers_;
  std::vector<bool> output_;
};

// Every node that reads `from`, and the model's outputs, read `to` instead.
void ReplaceReads(Graph& graph, int from, int to);

int AddTensor(Graph& graph, Tensor tensor);
inline Tensor& TensorOf(Graph& graph, int tensor) {
  return graph.tensors[static_cast<size_t>(tensor)];
}
inline const Tensor& TensorOf(const Graph& graph, int tensor) {
  return graph.tensors[static_cast<size_t>(tensor)];
}

}  // namespace covey::compiler
