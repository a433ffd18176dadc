// Floats in the middle of an int8 network, as a converter leaves them where it knows no int8 op:
//
//   int8 -> dequantize -> neg -> reshape -> quantize -> int8
//
// HoistQuantize moves the quantize before ops that only move values, TabulateFloats makes one table
// of what is then left between the two.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "compiler/lower/float_value.hpp"
#include "compiler/lower/unary.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"

namespace covey::compiler {
namespace {

bool OneOutput(const Node& node) {
  return node.outputs.size() == 1 && node.outputs[0] != kNoTensor;
}

// Ops that only move values; a concatenation has several inputs.
bool MovesOnly(const Node& node) {
  if (!OneOutput(node) || node.inputs.empty()) return false;
  const auto present = [](int input) { return input != kNoTensor; };
  if (!std::all_of(node.inputs.begin(), node.inputs.end(), present)) return false;
  if (node.op == Op::kConcat) return true;
  return node.inputs.size() == 1 &&
         (node.op == Op::kReshape || node.op == Op::kTranspose || node.op == Op::kSlice ||
          node.op == Op::kGather || node.op == Op::kMirrorPad || node.op == Op::kResizeNearest);
}

bool IsQuantizeOfFloats(const Graph& graph, const Node& node) {
  if (node.op != Op::kQuantize || !OneOutput(node) || node.inputs.size() != 1 ||
      node.inputs[0] == kNoTensor) {
    return false;
  }
  const Tensor& in = TensorOf(graph, node.inputs[0]);
  return in.dtype == DType::kFloat32 && !in.constant() &&
         TensorOf(graph, node.outputs[0]).quant.scales.size() == 1;
}

// Quantizes the inputs of the move that feeds the quantize; false if there is none to hoist over.
// Appends to `nodes` what takes the place of both, in order.
class Hoister {
 public:
  explicit Hoister(Graph& graph) : graph_(graph), uses_(graph) {}

  bool Run() {
    std::vector<Node> nodes;
    bool any = false;
    const std::vector<Node> before = graph_.nodes;
    for (const Node& node : before) {
      const Node* move = MoveBefore(node);
      if (move == nullptr) {
        nodes.push_back(node);
        continue;
      }
      Hoist(node, *move, nodes);
      any = true;
    }
    graph_.nodes = std::move(nodes);
    return any;
  }

 private:
  // Only where all that the move feeds is quantized: else it would run twice.
  const Node* MoveBefore(const Node& node) const {
    if (!IsQuantizeOfFloats(graph_, node)) return nullptr;
    const int tensor = node.inputs[0], writer = uses_.writer(tensor);
    if (writer < 0 || uses_.is_output(tensor)) return nullptr;
    const Node& move = graph_.nodes[static_cast<size_t>(writer)];
    const std::vector<int>& readers = uses_.readers(tensor);
    const bool all = std::all_of(readers.begin(), readers.end(), [this](int reader) {
      return IsQuantizeOfFloats(graph_, graph_.nodes[static_cast<size_t>(reader)]);
    });
    if (!MovesOnly(move) || !all) return nullptr;
    for (int input : move.inputs) {
      const Tensor& from = TensorOf(graph_, input);
      if (from.dtype != DType::kFloat32 || from.constant()) return nullptr;
    }
    return &move;
  }

  void Hoist(const Node& quantize, const Node& move, std::vector<Node>& nodes) {
    const Tensor like = TensorOf(graph_, quantize.outputs[0]);
    Node moved = move;
    for (size_t i = 0; i < move.inputs.size(); ++i) {
      Tensor bytes = TensorOf(graph_, move.inputs[i]);
      bytes.name += "/" + quantize.name;
      bytes.dtype = like.dtype;
      bytes.quant = like.quant;
      Node first = quantize;
      first.name = quantize.name + "/" + std::to_string(i);
      first.inputs = {move.inputs[i]};
      first.outputs = {AddTensor(graph_, std::move(bytes))};
      moved.inputs[i] = first.outputs[0];
      nodes.push_back(std::move(first));
    }
    moved.outputs = quantize.outputs;
    nodes.push_back(std::move(moved));
  }

  Graph& graph_;
  const Uses uses_;
};

float ScalarOf(const Tensor& tensor) {
  float value = 0;
  std::memcpy(&value, tensor.data->data(), sizeof(value));
  return value;
}

// The float that each value of one int8 tensor leads to: 256 of them.
using Values = std::array<float, 256>;

class Evaluator {
 public:
  Evaluator(const Graph& graph, const Uses& uses) : graph_(graph), uses_(uses) {}

  // The values of a float tensor; null if it is no function of one int8 tensor, element by element.
  const Values* Of(int tensor) {
    const auto known = values_.find(tensor);
    if (known != values_.end()) return &known->second;
    if (++steps_ > kMostSteps) return nullptr;
    const Tensor& at = TensorOf(graph_, tensor);
    if (at.dtype != DType::kFloat32) return nullptr;
    if (at.constant()) return Constant(tensor, at);
    const int writer = uses_.writer(tensor);
    if (writer < 0) return nullptr;
    const Node& node = graph_.nodes[static_cast<size_t>(writer)];
    if (!OneOutput(node) || node.inputs.empty() || node.inputs[0] == kNoTensor) return nullptr;
    if (node.op == Op::kDequantize) return Source(tensor, node.inputs[0]);
    ++depth_;
    const auto values = Computed(node, at);
    if (!values) return nullptr;
    return &values_.insert_or_assign(tensor, *values).first->second;
  }

  int source() const { return source_; }  // the int8 tensor
  int ops() const { return depth_; }      // computed on the way

 private:
  static constexpr int kMostSteps = 64;

  const Values* Constant(int tensor, const Tensor& at) {
    if (at.elements() != 1 || at.data->size() != sizeof(float)) return nullptr;
    Values values;
    values.fill(ScalarOf(at));
    return &values_.insert_or_assign(tensor, values).first->second;
  }

  const Values* Source(int tensor, int from) {
    const Tensor& bytes = TensorOf(graph_, from);
    if (bytes.dtype != DType::kInt8 || bytes.constant() || bytes.quant.scales.size() != 1) {
      return nullptr;
    }
    if (source_ >= 0 && source_ != from) return nullptr;
    source_ = from;
    Values values;
    for (int q = -128; q <= 127; ++q) {
      values[static_cast<uint8_t>(q)] =
          bytes.quant.scales[0] * static_cast<float>(q - bytes.quant.zero_points[0]);
    }
    return &values_.insert_or_assign(tensor, values).first->second;
  }

  std::optional<Values> Computed(const Node& node, const Tensor& out) {
    std::vector<Values> in;
    for (int input : node.inputs) {
      if (input == kNoTensor) return std::nullopt;
      const Tensor& from = TensorOf(graph_, input);
      // Nothing is broadcast but numbers; the result has the shape of the rest.
      if (!from.constant() && from.dims != out.dims) return std::nullopt;
      const Values* values = Of(input);
      if (values == nullptr) return std::nullopt;
      in.push_back(*values);
    }
    Values values;
    for (size_t q = 0; q < values.size(); ++q) {
      const auto value = in.size() == 1   ? One(node, in[0][q])
                         : in.size() == 2 ? Two(node, in[0][q], in[1][q])
                                          : std::nullopt;
      if (!value) return std::nullopt;
      values[q] = Activated(node.activation, *value);
    }
    return values;
  }

  static std::optional<float> One(const Node& node, float x) {
    if (node.op == Op::kRelu) return x;  // the activation is all
    const auto* unary = std::get_if<Unary>(&node.attributes);
    if (node.op != Op::kUnary || unary == nullptr || unary->kind == UnaryKind::kTable) {
      return std::nullopt;
    }
    return FloatValueOf(*unary, x);
  }

  static std::optional<float> Two(const Node& node, float a, float b) {
    switch (node.op) {
      case Op::kAdd:
        return a + b;
      case Op::kSub:
        return a - b;
      case Op::kMul:
        return a * b;
      case Op::kDiv:
        return a / b;
      case Op::kSquaredDifference:
        return (a - b) * (a - b);
      case Op::kMaximum:
        return std::max(a, b);
      case Op::kMinimum:
        return std::min(a, b);
      case Op::kPrelu:
        return a >= 0 ? a : a * b;
      default:
        return std::nullopt;
    }
  }

  const Graph& graph_;
  const Uses& uses_;
  std::map<int, Values> values_;
  int source_ = -1, steps_ = 0, depth_ = 0;
};

// Whether another pass turns it into an int8 op of its own: one function, rounded as ONNX does.
bool AbsorbTakes(bool to_even, int ops) { return to_even && ops == 1; }

}  // namespace

Status HoistQuantize(Graph& graph, Diag& diag) {
  while (Hoister(graph).Run()) COVEY_TRY(RemoveDead(graph, diag));
  return OkStatus();
}

Status TabulateFloats(Graph& graph, Diag& diag) {
  const Uses uses(graph);
  for (Node& node : graph.nodes) {
    if (!IsQuantizeOfFloats(graph, node)) continue;
    const Tensor& out = TensorOf(graph, node.outputs[0]);
    Evaluator evaluator(graph, uses);
    const Values* values = evaluator.Of(node.inputs[0]);
    const bool to_even = node.source_op != "QUANTIZE";  // TFLite's rounds halves away from zero
    if (out.dtype != DType::kInt8 || values == nullptr || evaluator.source() < 0 ||
        AbsorbTakes(to_even, evaluator.ops())) {
      continue;
    }
    const Tensor& in = TensorOf(graph, evaluator.source());
    if (evaluator.ops() == 0 && in.quant.scales == out.quant.scales &&
        in.quant.zero_points == out.quant.zero_points) {
      continue;  // the same bytes
    }
    auto table = std::make_shared<ByteTable>();
    for (size_t q = 0; q < table->size(); ++q) {
      (*table)[q] = QuantisedByte((*values)[q], to_even, out);
    }
    node.op = Op::kUnary;
    node.inputs = {evaluator.source()};
    node.attributes = Unary{.kind = UnaryKind::kTable, .table = std::move(table)};
  }
  return RemoveDead(graph, diag);
}

}  // namespace covey::compiler
