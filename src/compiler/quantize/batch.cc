#include "compiler/quantize/batch.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

namespace covey::compiler {

std::vector<std::vector<int>> LastUses(const Graph& graph) {
  std::vector<int> last(graph.tensors.size(), -1);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto touch = [&](int tensor) {
      if (tensor != kNoTensor) last[static_cast<size_t>(tensor)] = static_cast<int>(i);
    };
    std::for_each(graph.nodes[i].inputs.begin(), graph.nodes[i].inputs.end(), touch);
    std::for_each(graph.nodes[i].outputs.begin(), graph.nodes[i].outputs.end(), touch);
  }
  for (int output : graph.outputs) last[static_cast<size_t>(output)] = -1;
  std::vector<std::vector<int>> result(graph.nodes.size());
  for (size_t t = 0; t < last.size(); ++t) {
    if (last[t] >= 0) result[static_cast<size_t>(last[t])].push_back(static_cast<int>(t));
  }
  return result;
}

void ParallelFor(size_t count, const std::function<void(size_t)>& body) {
  const size_t workers =
      std::min<size_t>(count, std::max(1U, std::min(std::thread::hardware_concurrency(), 16U)));
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t i = next++; i < count; i = next++) body(i);
  };
  std::vector<std::thread> threads;
  for (size_t w = 1; w < workers; ++w) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace covey::compiler
