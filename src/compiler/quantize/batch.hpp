// Batch holds what each tensor of a graph holds for a number of samples, and frees it when no node
// needs it any more.
//
// Shapes: values[t] is empty or samples * elements of tensor t, sample after sample.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "compiler/ir/graph.hpp"

namespace covey::compiler {

template <typename T>
struct Batch {
  size_t samples = 0;
  std::vector<std::vector<T>> values;

  Batch(size_t count, size_t tensors) : samples(count), values(tensors) {}
  std::span<T> of(size_t tensor, size_t sample) {
    const size_t each = values[tensor].size() / samples;
    return std::span(values[tensor]).subspan(sample * each, each);
  }
  void Free(int tensor) { std::vector<T>().swap(values[static_cast<size_t>(tensor)]); }
};

// last[i]: the tensors that node i is the last to touch; outputs of the graph are none's.
std::vector<std::vector<int>> LastUses(const Graph& graph);

// Calls body(i) for i in [0, count) on every core. What the calls do must not depend on each other.
void ParallelFor(size_t count, const std::function<void(size_t)>& body);

}  // namespace covey::compiler
