#include "compiler/approximate/layer_by_layer.hpp"

#include <algorithm>

#include "compiler/quantize/batch.hpp"
#include "compiler/quantize/int8_network.hpp"
#include "kernels/host/host_kernels.hpp"

namespace covey::compiler {

size_t WindowsFor(const Layer& layer, size_t windows) {
  return std::max(windows, 8 * static_cast<size_t>(layer.operands));
}

Result<Graph> LayerByLayer(const Graph& graph, const std::vector<Layer>& layers,
                           const ByteSamples& samples, const ReplaceLayer& replace, Diag& diag) {
  Graph made = graph;
  const kernels::HostKernels kernels = kernels::BestHostKernels();
  COVEY_TRY_ASSIGN(const Int8Network exact, Int8Network::Prepare(graph, diag, kernels));
  Batch<std::byte> before(samples.count, graph.tensors.size());
  for (size_t i = 0; i < graph.inputs.size(); ++i)
    before.values[static_cast<size_t>(graph.inputs[i])] = samples.inputs[i];
  Batch<std::byte> now = before;
  const std::vector<std::vector<int>> last = LastUses(graph);
  COVEY_TRY_ASSIGN(Int8Network network, Int8Network::Prepare(made, diag, kernels));
  size_t next = 0;
  for (size_t node = 0; node < graph.nodes.size(); ++node) {
    if (next < layers.size() && layers[next].node == node) {
      const auto input = static_cast<size_t>(layers[next].input);
      if (const auto layer = replace(next++, before.values[input], now.values[input])) {
        SetLayer(made, *layer);
        now.values.resize(made.tensors.size());
        COVEY_TRY_ASSIGN(Int8Network grown, Int8Network::Prepare(made, diag, kernels));
        network = std::move(grown);
      }
    }
    exact.RunNode(node, before);
    network.RunNode(node, now);
    for (const int tensor : last[node]) before.Free(tensor), now.Free(tensor);
  }
  return made;
}

}  // namespace covey::compiler
