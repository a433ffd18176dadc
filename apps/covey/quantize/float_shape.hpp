// FloatShape is a float network as the preprocessing knows models: a shape to fill.
//
//   serve::Classifier::Make(FloatShape(graph), toml, diag)
#pragma once

#include <span>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "serve/backends/backend.hpp"

namespace covey::app {

class FloatShape final : public serve::Model {
 public:
  explicit FloatShape(const compiler::Graph& graph) {
    for (int input : graph.inputs) inputs_.push_back(Info(graph, input));
    for (int output : graph.outputs) outputs_.push_back(Info(graph, output));
  }
  const std::vector<serve::TensorInfo>& inputs() const override { return inputs_; }
  const std::vector<serve::TensorInfo>& outputs() const override { return outputs_; }
  serve::ClassifierHints hints() const override {
    return {.output = wire::OutputKind::kLogits, .labels = {}, .pixel_table = {}};
  }
  Status RunViews(std::span<const serve::InputView>, std::vector<HostTensor>&, Diag&) override {
    return Status(Code::kUnimplemented, "only a shape");
  }

 private:
  static serve::TensorInfo Info(const compiler::Graph& graph, int tensor) {
    const compiler::Tensor& from = graph.tensors[static_cast<size_t>(tensor)];
    return {.name = from.name,
            .type = ElementType::kFloat32,
            .dims = from.dims,
            .scale = 0,
            .zero_point = 0};
  }
  std::vector<serve::TensorInfo> inputs_, outputs_;
};

}  // namespace covey::app
