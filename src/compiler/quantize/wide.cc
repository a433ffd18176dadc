#include "compiler/quantize/wide.hpp"

#include <algorithm>

#include "compiler/lower/lower.hpp"
#include "compiler/memory/offers.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/quantize/groups.hpp"

namespace covey::compiler {
namespace {

OpView ViewOfShapes(const Graph& graph, const Node& node, const Lowered& lowered) {
  const auto shape = [&graph](int tensor) {
    TensorView view;
    if (tensor == kNoTensor) return view;
    const Tensor& from = TensorOf(graph, tensor);
    view.dtype = from.dtype;
    view.dims = from.dims;
    view.bytes = from.bytes();
    return view;
  };
  OpView view;
  view.op = node.op;
  view.attr = lowered.attr.data();
  for (int input : lowered.inputs) {
    view.input[static_cast<size_t>(view.inputs++)] = shape(input);
  }
  for (int output : lowered.outputs) {
    view.output[static_cast<size_t>(view.outputs++)] = shape(output);
  }
  return view;
}

}  // namespace

Result<int64_t> EstimateInstructions(const Graph& quantised, Target target, Diag& diag) {
  // For ops whose kernels leave no choice, and thus state no cost.
  constexpr int64_t kElement = 15;
  int64_t total = 0;
  for (const Node& node : quantised.nodes) {
    COVEY_TRY_ASSIGN(const Lowered lowered, Lower(quantised, node, diag));
    const std::vector<Offer> offers = OffersOf(ViewOfShapes(quantised, node, lowered), target);
    int64_t least = offers[0].instructions;
    for (const Offer& offer : offers) least = std::min(least, offer.instructions);
    const Tensor& output = TensorOf(quantised, node.outputs[0]);
    int64_t cost = std::max(least, kElement * output.elements());
    // Sums of 64 bits take half as much again in the plain loops.
    if (output.dtype == DType::kInt16) cost += cost / 2;
    total += cost;
  }
  return total;
}

QuantPlan Widened(const Graph& floats, QuantPlan plan, int group) {
  plan.wide.resize(floats.tensors.size());
  plan.wide[static_cast<size_t>(group)] = true;
  return plan;
}

bool CanWiden(const Graph& floats, const QuantPlan& plan, int group) {
  const QuantGroups groups = GroupsOf(floats);
  std::vector<int> rim = floats.inputs;
  rim.insert(rim.end(), floats.outputs.begin(), floats.outputs.end());
  for (int tensor : rim) {
    if (groups.root[static_cast<size_t>(tensor)] == group) return false;
  }
  NoDiag quiet;
  const Result<Int8Graph> made = BuildInt8(floats, Widened(floats, plan, group), quiet);
  return made.ok() && Int8Network::Prepare(made->graph, quiet).ok();
}

}  // namespace covey::compiler
