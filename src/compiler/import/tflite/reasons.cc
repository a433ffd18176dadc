#include <algorithm>
#include <array>
#include <string>

#include "compiler/import/tflite/options.hpp"
#include "compiler/import/tflite/read.hpp"

namespace covey::compiler::tflite {
namespace {

// Operators whose inputs from `first` on say how they work, and must be constants.
struct Row {
  Builtin code;
  size_t first;
};
constexpr Row kConstants[] = {
    {Builtin::kPad, 1},          {Builtin::kPadV2, 1},       {Builtin::kTranspose, 1},
    {Builtin::kMean, 1},         {Builtin::kSum, 1},         {Builtin::kReduceMax, 1},
    {Builtin::kReduceMin, 1},    {Builtin::kSlice, 1},       {Builtin::kStridedSlice, 1},
    {Builtin::kGather, 1},       {Builtin::kSplitV, 1},      {Builtin::kReverseV2, 1},
    {Builtin::kMirrorPad, 1},    {Builtin::kArgMax, 1},      {Builtin::kArgMin, 1},
    {Builtin::kSpaceToBatch, 1}, {Builtin::kBatchToSpace, 1}};

std::string Computed(Builtin code, const Node& node, const Graph& graph) {
  for (const Row& row : kConstants) {
    if (row.code != code) continue;
    for (size_t i = row.first; i < node.inputs.size(); ++i) {
      const auto* tensor = TensorAt(graph, node.inputs, i);
      if (tensor != nullptr && !tensor->constant()) {
        return " (whose input " + std::to_string(i) + " '" + tensor->name +
               "' is computed as it runs, supported is a constant)";
      }
    }
  }
  return "";
}

// An LSTM's inputs that the engine's has not.
std::string Lstm(const SequenceLstm& options, const Node& node, const Graph& graph) {
  const auto given = [&](size_t first, size_t last) {
    for (size_t i = first; i <= last; ++i) {
      if (TensorAt(graph, node.inputs, i) != nullptr) return true;
    }
    return false;
  };
  if (!given(1, 1) && !given(5, 5)) return " (with input and forget gate coupled, CIFG)";
  if (given(9, 11)) return " (with peepholes)";
  if (given(16, 17) || options.projection_clip() > 0) return " (with a projection)";
  if (given(20, 23)) return " (with layer normalisation)";
  if (options.activation() != tflite::Activation::TANH) return " (of another activation than tanh)";
  return " (that is not int8 with int16 cell state and intermediate scales)";
}

}  // namespace

std::string WhyNot(const Operator& op, Builtin code, const Node& node, const Graph& graph) {
  if (const std::string computed = Computed(code, node, graph); !computed.empty()) return computed;
  if (const auto* options = op.options_as_SequenceLstm()) return Lstm(*options, node, graph);
  if (const auto* options = op.options_as_FullyConnected();
      options != nullptr && options->weights_format() != 0) {
    return " (with shuffled weights)";
  }
  if (const auto* options = op.options_as_Gather();
      options != nullptr && options->batch_dims() != 0) {
    return " (with batch dimensions)";
  }
  switch (code) {
    case Builtin::kConv2D:
    case Builtin::kDepthwiseConv2D:
    case Builtin::kFullyConnected:
    case Builtin::kAdd:
    case Builtin::kSub:
    case Builtin::kMul:
    case Builtin::kAveragePool2D:
    case Builtin::kMaxPool2D:
    case Builtin::kConcatenation:
    case Builtin::kTransposeConv:
    case Builtin::kSvdf:
      return " (of a shape, or with a fused activation, that is not supported: none, relu, relu6 "
             "and relu_n1_to_1 are)";
    case Builtin::kSplit:
    case Builtin::kSplitV:
    case Builtin::kStridedSlice:
    case Builtin::kSlice:
    case Builtin::kGather:
    case Builtin::kPad:
    case Builtin::kPadV2:
    case Builtin::kMirrorPad:
    case Builtin::kReduceMax:
    case Builtin::kReduceMin:
    case Builtin::kMean:
    case Builtin::kSum:
      return " (of parameters that do not fit its shapes, or give an empty tensor)";
    default:
      return "";
  }
}

}  // namespace covey::compiler::tflite
