// Int8Network runs an int8 graph node by node over a batch of samples, with the engine's own
// reference kernels, or faster ones of this machine: the same bytes as a compiled image gives, with
// every tensor in between to look at.
//
//   COVEY_TRY_ASSIGN(Int8Network network, Int8Network::Prepare(graph, diag));
//   network.Run(batch, [&](size_t node) { Compare(batch); });
//
// Errors: as Lower and the kernels' prepare.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "compiler/lower/lower.hpp"
#include "compiler/quantize/batch.hpp"
#include "core/diag.hpp"
#include "core/op_view.hpp"
#include "core/status.hpp"
#include "kernels/host/host_kernels.hpp"

namespace covey::compiler {

class Int8Network {
 public:
  // The graph must live as long as the network.
  static Result<Int8Network> Prepare(
      const Graph& graph, Diag& diag,
      const kernels::HostKernels& kernels = kernels::RefHostKernels());

  const Graph& graph() const { return *graph_; }
  void RunNode(size_t node, Batch<std::byte>& batch) const;
  // As FloatNetwork::Run.
  void Run(Batch<std::byte>& batch, const std::function<void(size_t node)>& after) const;

 private:
  struct Step {
    Lowered lowered;
    void (*run)(const OpView& op) = nullptr;
    std::shared_ptr<std::byte[]> pack;  // what the kernels made of the constants, aligned
    size_t scratch_bytes = 0;
  };
  explicit Int8Network(const Graph& graph) : graph_(&graph) {}
  OpView ViewOf(size_t node) const;  // without data of activations
  void Pack(size_t node, const kernels::HostKernels& kernels);

  const Graph* graph_;
  std::vector<Step> steps_;
  std::vector<std::vector<int>> last_uses_;
};

}  // namespace covey::compiler
