#include "compiler/quantize/float_network.hpp"

#include "compiler/ir/check.hpp"
#include "compiler/quantize/build.hpp"
#include "compiler/quantize/constants.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {

Result<FloatNetwork> FloatNetwork::Prepare(const Graph& graph, Diag& diag) {
  COVEY_TRY(CheckGraph(graph, diag));
  // The int8 form with any scales: lowering it checks every shape, and says the geometry.
  COVEY_TRY_ASSIGN(const Int8Graph shapes, BuildInt8(graph, UniformPlan(graph), diag));
  FloatNetwork network(graph);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    COVEY_TRY_ASSIGN(
        const Lowered lowered,
        Lower(shapes.graph, shapes.graph.nodes[static_cast<size_t>(shapes.node[i])], diag));
    const FloatMaker maker = FloatMakerOf(node.op);
    FloatRun run = maker != nullptr ? maker({graph, node, lowered}) : FloatRun();
    if (run == nullptr) {
      return Refuse(diag, {Code::kUnimplemented, "quantize: an op has no float form"},
                    Describe(node), "op " + std::string(OpName(node.op)) + " has no float form");
    }
    network.runs_.push_back(std::move(run));
    network.lowered_.push_back(lowered);
  }
  for (const Tensor& tensor : graph.tensors) {
    network.constants_.push_back(tensor.constant() && tensor.dtype == DType::kFloat32
                                     ? NumbersOf(tensor)
                                     : std::vector<float>());
  }
  network.last_uses_ = LastUses(graph);
  return network;
}

void FloatNetwork::RunNode(size_t node, Batch<float>& batch) const {
  const Node& n = graph_->nodes[node];
  for (int output : n.outputs) {
    if (output == kNoTensor) continue;
    const auto elements = graph_->tensors[static_cast<size_t>(output)].elements();
    batch.values[static_cast<size_t>(output)].resize(batch.samples * static_cast<size_t>(elements));
  }
  ParallelFor(batch.samples, [&](size_t sample) {
    std::vector<const float*> inputs;
    for (int input : n.inputs) {
      const auto t = static_cast<size_t>(input);
      inputs.push_back(input == kNoTensor              ? nullptr
                       : graph_->tensors[t].constant() ? constants_[t].data()
                                                       : batch.of(t, sample).data());
    }
    std::vector<float*> outputs;
    for (int output : n.outputs) {
      outputs.push_back(output == kNoTensor ? nullptr
                                            : batch.of(static_cast<size_t>(output), sample).data());
    }
    runs_[node](inputs, outputs);
  });
}

std::vector<double> FloatNetwork::MeansOf(size_t node, const Batch<float>& batch) const {
  const Node& n = graph_->nodes[node];
  return MeansWith(node, graph_->tensors[static_cast<size_t>(n.inputs[1])],
                   batch.values[static_cast<size_t>(n.inputs[0])], batch.samples);
}

std::vector<double> FloatNetwork::MeansWith(size_t node, const Tensor& weights,
                                            const std::vector<float>& inputs,
                                            size_t samples) const {
  Graph graph = *graph_;
  Node& n = graph.nodes[node];
  n.activation = Activation::kNone;
  graph.tensors[static_cast<size_t>(n.inputs[1])] = weights;
  const FloatRun run = FloatMakerOf(n.op)({graph, n, lowered_[node]});
  const Tensor& output = graph.tensors[static_cast<size_t>(n.outputs[0])];
  const auto elements = static_cast<size_t>(output.elements());
  const auto channels = static_cast<size_t>(output.dims.back());
  std::vector<std::vector<double>> sums(samples, std::vector<double>(channels));
  ParallelFor(samples, [&](size_t sample) {
    const float* input = inputs.data() + sample * (inputs.size() / samples);
    std::vector<float> result(elements);
    float* to = result.data();
    run(std::span(&input, 1), std::span(&to, 1));
    for (size_t i = 0; i < elements; ++i) sums[sample][i % channels] += double{result[i]};
  });
  std::vector<double> means(channels);
  for (const auto& sum : sums) {
    for (size_t c = 0; c < channels; ++c) means[c] += sum[c];
  }
  const double count = static_cast<double>(samples) * static_cast<double>(elements / channels);
  for (double& mean : means) mean /= count;
  return means;
}

void FloatNetwork::Run(Batch<float>& batch, const std::function<void(size_t node)>& after) const {
  for (size_t i = 0; i < graph_->nodes.size(); ++i) {
    RunNode(i, batch);
    after(i);
    for (int tensor : last_uses_[i]) batch.Free(tensor);
  }
}

}  // namespace covey::compiler
