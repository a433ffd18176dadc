#include "compiler/ir/print.hpp"

#include "compiler/ir/check.hpp"

namespace covey::compiler {
namespace {

std::string TensorText(const Graph& graph, int tensor) {
  if (tensor == kNoTensor) return "-";
  const Tensor& at = graph.tensors[static_cast<size_t>(tensor)];
  return TypeAndShape(at) +
         (at.constant() ? " constant" : " '" + at.name.substr(0, at.name.find(';')) + "'");
}

std::string List(const Graph& graph, const std::vector<int>& tensors) {
  std::string text;
  for (int tensor : tensors) text += (text.empty() ? "" : ", ") + TensorText(graph, tensor);
  return text;
}

const char* ActivationText(Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return " relu";
    case Activation::kRelu6:
      return " relu6";
    case Activation::kReluN1To1:
      return " relu_n1_to_1";
    case Activation::kNone:
      break;
  }
  return "";
}

std::string WindowText(const Window& window) {
  const auto pair = [](const char* name, int32_t h, int32_t w) {
    return " " + std::string(name) + " " + std::to_string(h) + "x" + std::to_string(w);
  };
  std::string text = pair("stride", window.stride_h, window.stride_w);
  if (window.dilation_h != 1 || window.dilation_w != 1)
    text += pair("dilation", window.dilation_h, window.dilation_w);
  if (window.padding == Padding::kSame) text += " same";
  if (window.padding == Padding::kExplicit) {
    text += pair("pad", window.pad_top, window.pad_left);
    text += pair("and", window.pad_bottom, window.pad_right);
  }
  return text;
}

}  // namespace

std::string GraphText(const Graph& graph) {
  std::string text = "graph '" + graph.name + "'\n";
  for (int input : graph.inputs) text += "input  " + TensorText(graph, input) + "\n";
  for (int output : graph.outputs) text += "output " + TensorText(graph, output) + "\n";
  for (const Node& node : graph.nodes) {
    text += std::string(node.op == Op::kNone ? node.source_op : OpName(node.op)) + " '" +
            node.name + "' (" + List(graph, node.inputs) + ") -> " + List(graph, node.outputs);
    if (const auto* window = std::get_if<Window>(&node.attributes)) text += WindowText(*window);
    text += std::string(ActivationText(node.activation)) + "\n";
  }
  return text;
}

}  // namespace covey::compiler
