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

const char* FunctionName(UnaryKind kind) {
  switch (kind) {
    case UnaryKind::kLogistic:
      return "logistic";
    case UnaryKind::kTanh:
      return "tanh";
    case UnaryKind::kHardSwish:
      return "hard_swish";
    case UnaryKind::kHardSigmoid:
      return "hard_sigmoid";
    case UnaryKind::kLeakyRelu:
      return "leaky_relu";
    case UnaryKind::kElu:
      return "elu";
    case UnaryKind::kAbs:
      return "abs";
    case UnaryKind::kNeg:
      return "neg";
    case UnaryKind::kSquare:
      return "square";
    case UnaryKind::kSqrt:
      return "sqrt";
    case UnaryKind::kRsqrt:
      return "rsqrt";
    case UnaryKind::kExp:
      return "exp";
    case UnaryKind::kLog:
      return "log";
    case UnaryKind::kGelu:
      return "gelu";
    case UnaryKind::kGeluTanh:
      return "gelu_tanh";
    case UnaryKind::kSilu:
      return "silu";
    case UnaryKind::kSoftplus:
      return "softplus";
    case UnaryKind::kMish:
      return "mish";
    case UnaryKind::kErf:
      return "erf";
    case UnaryKind::kFloor:
      return "floor";
    case UnaryKind::kCeil:
      return "ceil";
    case UnaryKind::kRound:
      return "round";
    case UnaryKind::kSign:
      return "sign";
    case UnaryKind::kReciprocal:
      return "reciprocal";
    case UnaryKind::kSin:
      return "sin";
    case UnaryKind::kCos:
      return "cos";
    case UnaryKind::kClip:
      return "clip";
    case UnaryKind::kLinear:
      return "linear";
    case UnaryKind::kPower:
      return "power";
    case UnaryKind::kTable:
      return "table";
  }
  return "?";
}

}  // namespace

std::string OpText(const Node& node) {
  if (node.op == Op::kNone) return node.source_op;
  std::string text = OpName(node.op);
  if (const auto* unary = std::get_if<Unary>(&node.attributes); unary != nullptr) {
    text += std::string(" ") + FunctionName(unary->kind);
  }
  return text;
}

std::string GraphText(const Graph& graph) {
  std::string text = "graph '" + graph.name + "'\n";
  for (int input : graph.inputs) text += "input  " + TensorText(graph, input) + "\n";
  for (int output : graph.outputs) text += "output " + TensorText(graph, output) + "\n";
  for (const Node& node : graph.nodes) {
    text += OpText(node) + " '" + node.name + "' (" + List(graph, node.inputs) + ") -> " +
            List(graph, node.outputs);
    if (const auto* window = std::get_if<Window>(&node.attributes)) text += WindowText(*window);
    text += std::string(ActivationText(node.activation)) + "\n";
  }
  return text;
}

}  // namespace covey::compiler
