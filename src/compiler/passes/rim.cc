#include <cstring>
#include <memory>

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

int AddFloats(Graph& graph, const std::string& name, const std::vector<float>& values) {
  Tensor tensor;
  tensor.name = name;
  tensor.dtype = DType::kFloat32;
  tensor.dims = {static_cast<int32_t>(values.size())};
  std::vector<std::byte> data(values.size() * sizeof(float));
  std::memcpy(data.data(), values.data(), data.size());
  tensor.data = std::make_shared<const std::vector<std::byte>>(std::move(data));
  return AddTensor(graph, std::move(tensor));
}

// A float network takes pixels all the same, a quarter of the bytes: int8 (byte - 128) ->
// dequantize -> * 1 / (255 std) -> - mean / std -> what it took.
void TakePixels(Graph& graph) {
  const int floats = graph.inputs[0];
  const Tensor from = TensorOf(graph, floats);
  Preprocess& pre = graph.preprocess;
  const auto channels = static_cast<size_t>(pre.channels);
  if (from.dtype != DType::kFloat32 || from.dims.size() != 4 || from.dims[3] != pre.channels ||
      (pre.normalise && (pre.mean.size() != channels || pre.std.size() != channels))) {
    return;
  }
  Tensor pixels = from;
  pixels.name += "/pixels";
  pixels.dtype = DType::kInt8;
  pixels.quant = {.scales = {1.0F}, .zero_points = {-128}, .axis = -1};
  graph.inputs[0] = AddTensor(graph, std::move(pixels));
  std::vector<Node> nodes;
  const auto add = [&](Op op, std::vector<int> inputs, int output) {
    Node node;
    node.op = op;
    node.name = from.name + "/" + OpName(op);
    node.inputs = std::move(inputs);
    node.outputs = {output};
    nodes.push_back(std::move(node));
    return output;
  };
  const auto like = [&](const char* what) {
    Tensor tensor = from;
    tensor.name += what;
    return AddTensor(graph, std::move(tensor));
  };
  if (pre.normalise) {
    std::vector<float> factors, addends;
    for (size_t c = 0; c < channels; ++c) {
      factors.push_back(1 / (255 * pre.std[c]));
      addends.push_back(-pre.mean[c] / pre.std[c]);
    }
    const int bytes = add(Op::kDequantize, {graph.inputs[0]}, like("/bytes"));
    const int factor = AddFloats(graph, from.name + "/factors", factors);
    const int scaled = add(Op::kMul, {bytes, factor}, like("/scaled"));
    add(Op::kAdd, {scaled, AddFloats(graph, from.name + "/addends", addends)}, floats);
  } else {
    add(Op::kDequantize, {graph.inputs[0]}, floats);
  }
  graph.nodes.insert(graph.nodes.begin(), nodes.begin(), nodes.end());
  // The table of pixels is the identity now.
  pre.normalise = true;
  pre.mean.assign(channels, 0.0F);
  pre.std.assign(channels, 1.0F / 255.0F);
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
  TakePixels(graph);
  GiveInt8(graph);
  return RemoveDead(graph, diag);
}

}  // namespace covey::compiler
