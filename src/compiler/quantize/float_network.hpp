// FloatNetwork computes a float graph on the host, node by node over a batch of samples: what
// calibration looks at and what quantisation is measured against.
//
//   COVEY_TRY_ASSIGN(FloatNetwork network, FloatNetwork::Prepare(graph, diag));
//   Batch<float> batch(samples, graph.tensors.size());
//   batch.values[input] = pixels;
//   network.Run(batch, [&](size_t node) { Look(batch); });
//
// Exact: deterministic: loops in a fixed order, one sample a thread.
// Errors: kUnimplemented names the op, as quantisation would (BuildInt8); kInvalidArgument for
// shapes that contradict each other.
#pragma once

#include <functional>
#include <vector>

#include "compiler/quantize/batch.hpp"
#include "compiler/quantize/float_op.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

class FloatNetwork {
 public:
  // The graph must live as long as the network.
  static Result<FloatNetwork> Prepare(const Graph& graph, Diag& diag);

  const Graph& graph() const { return *graph_; }
  void RunNode(size_t node, Batch<float>& batch) const;
  // Every node in order; `after(node)` is called while its inputs and outputs are there. Only the
  // graph's outputs are left at the end.
  void Run(Batch<float>& batch, const std::function<void(size_t node)>& after) const;

  // The mean over samples and pixels of each output channel of a node with weights, before its
  // activation: on the batch, or on other inputs and with other weights.
  std::vector<double> MeansOf(size_t node, const Batch<float>& batch) const;
  std::vector<double> MeansWith(size_t node, const Tensor& weights,
                                const std::vector<float>& inputs, size_t samples) const;

 private:
  explicit FloatNetwork(const Graph& graph) : graph_(&graph) {}

  const Graph* graph_;
  std::vector<FloatRun> runs_;  // one a node
  std::vector<Lowered> lowered_;
  std::vector<std::vector<float>> constants_;  // one a tensor
  std::vector<std::vector<int>> last_uses_;
};

}  // namespace covey::compiler
