// Bias correction: rounding weights and activations moves the mean of a layer's outputs; a bias
// takes that back at no cost at run time.
#include <cmath>

#include "compiler/passes/uses.hpp"
#include "compiler/quantize/calibrate.hpp"
#include "compiler/quantize/constants.hpp"
#include "compiler/quantize/rules.hpp"

namespace covey::compiler {
Status CorrectBias(const FloatNetwork& network, const Calibration& seen, const Samples& samples,
                   const Tick& tick, QuantPlan& plan, Diag& diag) {
  const Graph& graph = network.graph();
  // A bias for every layer from the start: tensors then keep their numbers as biases are filled in.
  plan.bias_shift.clear();
  for (const std::vector<double>& means : seen.means) plan.bias_shift.emplace_back(means.size());
  COVEY_TRY_ASSIGN(const Int8Graph shape, BuildInt8(graph, plan, diag));
  // Grows bias by bias: its nodes are looked at one at a time, in the order that they run.
  Int8Graph grown = shape;
  Batch<std::byte> batch = Int8Inputs(shape.graph, samples);
  const std::vector<std::vector<int>> last = LastUses(shape.graph);
  std::vector<int> float_node(shape.graph.nodes.size(), -1);
  for (size_t i = 0; i < shape.node.size(); ++i) {
    float_node[static_cast<size_t>(shape.node[i])] = static_cast<int>(i);
  }
  COVEY_TRY_ASSIGN(Int8Network int8, Int8Network::Prepare(grown.graph, diag));
  for (size_t n = 0; n < shape.graph.nodes.size(); ++n) {
    const int i = float_node[n];
    if (i >= 0 && RuleOf(graph.nodes[static_cast<size_t>(i)]) == QuantRule::kWeights) {
      const auto f = static_cast<size_t>(i);
      const Node& quantised = shape.graph.nodes[n];
      const Tensor& input = TensorOf(shape.graph, quantised.inputs[0]);
      const Tensor weights = Dequantise(TensorOf(shape.graph, quantised.inputs[1]));
      const std::vector<double> now = network.MeansWith(
          f, weights, RealsOf(input, batch.values[static_cast<size_t>(quantised.inputs[0])]),
          samples.count);
      std::vector<float>& shift = plan.bias_shift[f];
      for (size_t c = 0; c < now.size(); ++c) {
        shift[c] = static_cast<float>(seen.means[f][c] - now[c]);
      }
      COVEY_TRY_ASSIGN(Int8Graph corrected, BuildInt8(graph, plan, diag));
      grown = std::move(corrected);
      COVEY_TRY_ASSIGN(Int8Network next, Int8Network::Prepare(grown.graph, diag));
      int8 = std::move(next);
    }
    int8.RunNode(n, batch);
    for (int tensor : last[n]) batch.Free(tensor);
    if (tick) tick();
  }
  return OkStatus();
}

}  // namespace covey::compiler
