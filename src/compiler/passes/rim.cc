#include "compiler/ir/check.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {
namespace {

// The node that is the only one to read a tensor; null otherwise.
Node* OnlyReader(Graph& graph, int tensor) {
  const Uses uses(graph);
  if (!uses.only_reader(tensor)) return nullptr;
  return &graph.nodes[static_cast<size_t>(uses.readers(tensor)[0])];
}

// float -> quantize -> int8: the model takes the int8 tensor.
void TakeInt8(Graph& graph) {
  int& input = graph.inputs[0];
  Node* quantize = OnlyReader(graph, input);
  if (TensorOf(graph, input).dtype != DType::kFloat32 || quantize == nullptr ||
      quantize->op != Op::kQuantize) {
    return;
  }
  input = quantize->outputs[0];
  quantize->outputs.clear();
  Preprocess& pre = graph.preprocess;
  if (!pre.normalise && !TensorOf(graph, input).dims.empty()) {
    // The float network took bytes as they are: x = pixel / 255 / (1 / 255).
    const auto channels = static_cast<size_t>(pre.channels);
    pre.normalise = true;
    pre.mean.assign(channels, 0.0F);
    pre.std.assign(channels, 1.0F / 255.0F);
  }
}

// (N, C, H, W) -> transpose -> (N, H, W, C): the model takes pixels as pictures hold them.
void TakeNhwc(Graph& graph) {
  int& input = graph.inputs[0];
  Node* transpose = OnlyReader(graph, input);
  if (transpose == nullptr || transpose->op != Op::kTranspose) return;
  const auto* permutation = std::get_if<Permutation>(&transpose->attributes);
  if (permutation == nullptr || permutation->perm != std::vector<int32_t>{0, 2, 3, 1}) return;
  input = transpose->outputs[0];
  transpose->outputs.clear();
}

void GiveInt8(Graph& graph) {
  const Uses uses(graph);
  for (int& output : graph.outputs) {
    const int writer = uses.writer(output);
    if (writer < 0) continue;
    const Node& node = graph.nodes[static_cast<size_t>(writer)];
    if (node.op == Op::kDequantize) output = node.inputs[0];
  }
}

}  // namespace

Status SetPictureRim(Graph& graph, Diag& diag) {
  if (!graph.preprocess.picture || graph.inputs.size() != 1) return OkStatus();
  if (graph.preprocess.bgr) {
    return Refuse(diag, {Code::kUnimplemented, "compile: unsupported model.toml"}, graph.source,
                  "[input] color is bgr, an image takes rgb or gray");
  }
  TakeInt8(graph);
  TakeNhwc(graph);
  GiveInt8(graph);
  return RemoveDead(graph, diag);
}

}  // namespace covey::compiler
