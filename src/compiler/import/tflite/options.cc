#include "compiler/import/tflite/options.hpp"

#include <cstring>
#include <optional>

#include "compiler/import/tflite/read.hpp"
#include "schema_generated.h"

namespace covey::compiler::tflite {
namespace {

// The other inputs (axes, a shape) have become attributes.
void KeepFirst(Node& node) {
  if (node.inputs.size() > 1) node.inputs.erase(node.inputs.begin() + 1, node.inputs.end());
}

// The one number of a constant int8 or int16 tensor.
std::optional<int32_t> SmallNumber(const covey::compiler::Tensor& tensor) {
  if (!tensor.constant()) return std::nullopt;
  if (tensor.dtype == DType::kInt8 && tensor.data->size() == sizeof(int8_t)) {
    return static_cast<int8_t>((*tensor.data)[0]);
  }
  if (tensor.dtype != DType::kInt16 || tensor.data->size() != sizeof(int16_t)) return std::nullopt;
  int16_t value = 0;
  std::memcpy(&value, tensor.data->data(), sizeof(value));
  return value;
}

// Sets the op, unless the fused activation is one that the IR cannot say.
bool Take(Node& node, covey::Op op, tflite::Activation activation) {
  const auto known = ActivationOf(activation);
  if (!known) return false;
  node.op = op;
  node.activation = *known;
  return true;
}

covey::compiler::Padding PaddingOf(tflite::Padding padding) {
  return padding == tflite::Padding::SAME ? covey::compiler::Padding::kSame
                                          : covey::compiler::Padding::kValid;
}

// How a convolution's window moves, and its size where shapes say it: none else.
template <typename Convolution>
std::optional<Window> WindowOf(const Convolution& options, const covey::compiler::Tensor* input,
                               const covey::compiler::Tensor* weights) {
  if (input == nullptr || weights == nullptr || input->dims.size() != 4 ||
      weights->dims.size() != 4) {
    return std::nullopt;
  }
  Window window;
  window.stride_h = options.stride_h();
  window.stride_w = options.stride_w();
  window.dilation_h = options.dilation_h();
  window.dilation_w = options.dilation_w();
  window.padding = PaddingOf(options.padding());
  window.window_h = weights->dims[1];
  window.window_w = weights->dims[2];
  return window;
}

void SetConv(const Conv2D& options, const Graph& graph, Node& node) {
  const auto* input = TensorAt(graph, node.inputs, 0);
  const auto* weights = TensorAt(graph, node.inputs, 1);
  auto window = WindowOf(options, input, weights);
  if (!window || weights->dims[3] <= 0) return;
  window->groups = input->dims[3] / weights->dims[3];
  if (Take(node, Op::kConv2D, options.activation())) node.attributes = *window;
}

void SetDepthwise(const DepthwiseConv2D& options, const Graph& graph, Node& node) {
  const auto* input = TensorAt(graph, node.inputs, 0);
  const auto* weights = TensorAt(graph, node.inputs, 1);
  auto window = WindowOf(options, input, weights);
  if (!window || input->dims[3] <= 0) return;
  // The shapes decide, as in the reference; the option is a hint that old files leave at zero.
  window->depth_multiplier = weights->dims[3] / input->dims[3];
  window->groups = input->dims[3];
  if (Take(node, Op::kDepthwiseConv2D, options.activation())) node.attributes = *window;
}

// With weights that are computed it is a product of two matrices, the second transposed.
void SetFullyConnected(const FullyConnected& options, const Graph& graph, Node& node) {
  const auto* input = TensorAt(graph, node.inputs, 0);
  const auto* weights = TensorAt(graph, node.inputs, 1);
  const bool matrices = input != nullptr && weights != nullptr && !weights->constant() &&
                        TensorAt(graph, node.inputs, 2) == nullptr && input->dims.size() == 2 &&
                        weights->dims.size() == 2;
  if (!Take(node, matrices ? Op::kBatchMatMul : Op::kFullyConnected, options.activation())) return;
  if (!matrices) return;
  node.inputs.resize(2);
  node.attributes = MatMul{false, true};
}

void SetPool(const Pool2D& options, Op op, Node& node) {
  Window window;
  window.window_h = options.window_h();
  window.window_w = options.window_w();
  window.stride_h = options.stride_h();
  window.stride_w = options.stride_w();
  window.padding = PaddingOf(options.padding());
  if (Take(node, op, options.activation())) node.attributes = window;
}

// mean and sum
void SetMean(const Reducer& options, bool sum, const Graph& graph, Node& node) {
  const auto axes = Numbers(TensorAt(graph, node.inputs, 1));
  const auto* input = TensorAt(graph, node.inputs, 0);
  if (!axes || input == nullptr) return;
  Reduce reduce{.axes = {}, .keep_dims = options.keep_dims(), .sum = sum};
  for (int32_t axis : *axes) {
    const int32_t rank = static_cast<int32_t>(input->dims.size());
    if (axis < -rank || axis >= rank) return;
    reduce.axes.push_back(axis < 0 ? axis + rank : axis);
  }
  node.op = Op::kMean;
  node.attributes = reduce;
  KeepFirst(node);
}

// Bytes as they stand; a float network's value is a real number.
bool SetPadValue(const covey::compiler::Tensor& value, Pads& pads) {
  if (const auto number = SmallNumber(value)) {
    pads.value = *number;
    pads.has_value = true;
    return true;
  }
  if (!value.constant() || value.dtype != DType::kFloat32 ||
      value.data->size() != sizeof(pads.real)) {
    return false;
  }
  std::memcpy(&pads.real, value.data->data(), sizeof(pads.real));
  return true;
}

void SetPad(const Graph& graph, Node& node) {
  const auto* input = TensorAt(graph, node.inputs, 0);
  const auto* table = TensorAt(graph, node.inputs, 1);
  const auto numbers = Numbers(table);
  if (input == nullptr || !numbers || numbers->size() != 2 * input->dims.size()) return;
  Pads pads;
  for (size_t i = 0; i < input->dims.size(); ++i) {
    pads.before.push_back((*numbers)[2 * i]);
    pads.after.push_back((*numbers)[2 * i + 1]);
  }
  if (const auto* value = TensorAt(graph, node.inputs, 2); value != nullptr) {
    if (!SetPadValue(*value, pads)) return;
  }
  node.op = Op::kPad;
  node.attributes = pads;
  KeepFirst(node);
}

void SetTranspose(const Graph& graph, Node& node) {
  const auto perm = Numbers(TensorAt(graph, node.inputs, 1));
  if (!perm) return;
  node.op = Op::kTranspose;
  node.attributes = Permutation{*perm};
  KeepFirst(node);
}

void SetUnary(Node& node, Op op, covey::compiler::Activation activation) {
  node.op = op;
  node.activation = activation;
  KeepFirst(node);  // a shape stands in the output
}

}  // namespace

void SetOp(const Operator& op, Builtin code, const Graph& graph, Node& node) {
  using covey::compiler::Activation;
  switch (code) {
    case Builtin::kConv2D:
      if (const auto* options = op.options_as_Conv2D()) SetConv(*options, graph, node);
      break;
    case Builtin::kDepthwiseConv2D:
      if (const auto* options = op.options_as_DepthwiseConv2D()) {
        SetDepthwise(*options, graph, node);
      }
      break;
    case Builtin::kFullyConnected:
      if (const auto* options = op.options_as_FullyConnected();
          options != nullptr && options->weights_format() == 0) {
        SetFullyConnected(*options, graph, node);
      }
      break;
    case Builtin::kAdd: {
      const auto* options = op.options_as_Add();  // absent: all defaults
      Take(node, Op::kAdd, options != nullptr ? options->activation() : tflite::Activation::NONE);
      if (options == nullptr || options->power_of_two_scales()) {
        node.attributes = PowerOfTwoScales{};
      }
      break;
    }
    case Builtin::kAveragePool2D:
      if (const auto* options = op.options_as_Pool2D()) SetPool(*options, Op::kAveragePool2D, node);
      break;
    case Builtin::kMaxPool2D:
      if (const auto* options = op.options_as_Pool2D()) SetPool(*options, Op::kMaxPool2D, node);
      break;
    case Builtin::kMean:
    case Builtin::kSum:
      if (const auto* options = op.options_as_Reducer()) {
        SetMean(*options, code == Builtin::kSum, graph, node);
      }
      break;
    case Builtin::kSoftmax:
      node.op = Op::kSoftmax;
      if (const auto* options = op.options_as_Softmax()) {
        node.attributes = SoftmaxBeta{options->beta()};
      }
      break;
    case Builtin::kPad:
    case Builtin::kPadV2:
      SetPad(graph, node);
      break;
    case Builtin::kTranspose:
      SetTranspose(graph, node);
      break;
    case Builtin::kReshape:
    case Builtin::kSqueeze:
    case Builtin::kExpandDims:
      SetUnary(node, Op::kReshape, Activation::kNone);
      break;
    case Builtin::kQuantize:
      SetUnary(node, Op::kQuantize, Activation::kNone);
      break;
    case Builtin::kDequantize:
      SetUnary(node, Op::kDequantize, Activation::kNone);
      break;
    case Builtin::kRelu:
      SetUnary(node, Op::kRelu, Activation::kRelu);
      break;
    case Builtin::kRelu6:
      SetUnary(node, Op::kRelu, Activation::kRelu6);
      break;
    case Builtin::kReluN1To1:
      SetUnary(node, Op::kRelu, Activation::kReluN1To1);
      break;
    default:
      (void)SetElementwise(op, code, node);
      break;
  }
}

}  // namespace covey::compiler::tflite
