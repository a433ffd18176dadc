#include "compiler/quantize/build.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "compiler/ir/check.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/quantize/constants.hpp"
#include "compiler/quantize/rules.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {
namespace {

constexpr Status kCannot(Code::kUnimplemented, "quantize: the network cannot be quantised");

bool IsActivation(const Graph& graph, int tensor) {
  return tensor != kNoTensor && !TensorOf(graph, tensor).constant();
}

// Which tensors are quantised alike, because ops that move values tie them together.
class Ties {
 public:
  explicit Ties(size_t tensors) : parent_(tensors) { std::iota(parent_.begin(), parent_.end(), 0); }
  int Root(int tensor) {
    int root = tensor;
    while (parent_[static_cast<size_t>(root)] != root) root = parent_[static_cast<size_t>(root)];
    while (parent_[static_cast<size_t>(tensor)] != root) {
      tensor = std::exchange(parent_[static_cast<size_t>(tensor)], root);
    }
    return root;
  }
  void Tie(int a, int b) { parent_[static_cast<size_t>(Root(b))] = Root(a); }

 private:
  std::vector<int> parent_;
};

class Builder {
 public:
  Builder(const Graph& floats, const QuantPlan& plan, Diag& diag)
      : floats_(floats), plan_(plan), diag_(diag), quant_(floats.tensors.size()) {}

  Result<Int8Graph> Run() {
    COVEY_TRY(CheckFloats());
    COVEY_TRY(AssignQuant());
    made_.graph.name = floats_.name;
    made_.graph.source = floats_.source;
    made_.graph.preprocess = floats_.preprocess;
    made_.tensor.assign(floats_.tensors.size(), kNoTensor);
    for (int input : floats_.inputs) Activation(input);
    for (size_t i = 0; i < floats_.nodes.size(); ++i) COVEY_TRY(AddNode(i));
    for (int input : floats_.inputs) made_.graph.inputs.push_back(Activation(input));
    for (int output : floats_.outputs) made_.graph.outputs.push_back(Activation(output));
    return std::move(made_);
  }

 private:
  const Tensor& At(int tensor) const { return TensorOf(floats_, tensor); }

  Status Refused(const Node& node, const std::string& problem) const {
    return Refuse(diag_, kCannot, Describe(node), problem);
  }

  Status CheckFloats() const {
    for (int input : floats_.inputs) {
      if (At(input).dtype == DType::kFloat32 && At(input).quant.empty()) continue;
      return Refuse(diag_, kCannot, Describe(At(input)),
                    "is the model's input, expected float32 (a network that is int8 already is "
                    "compiled as it is)");
    }
    for (const Node& node : floats_.nodes) {
      if (node.op == Op::kNone || RuleOf(node) == QuantRule::kNone) {
        return Refused(node, "op " + (node.source_op.empty() ? OpName(node.op) : node.source_op) +
                                 " has no int8 form");
      }
      std::vector<int> tensors = node.inputs;
      tensors.insert(tensors.end(), node.outputs.begin(), node.outputs.end());
      for (int tensor : tensors) {
        if (tensor == kNoTensor) continue;
        // A reshape's second input is its shape, which the output's dimensions say already.
        if (node.op == Op::kReshape && tensor != node.inputs[0] && At(tensor).constant()) continue;
        if (At(tensor).dtype != DType::kFloat32 || !At(tensor).quant.empty()) {
          return Refused(node, Describe(At(tensor)) +
                                   ", expected float32 (a network that is int8 "
                                   "already is compiled as it is)");
        }
      }
      if (node.inputs.empty() || !IsActivation(floats_, node.inputs[0]) || node.outputs.empty()) {
        return Refused(node, "its first input is no activation, or it has no output");
      }
    }
    for (int output : floats_.outputs) {
      if (At(output).constant()) {
        return Refuse(diag_, kCannot, Describe(At(output)), "is an output and a constant");
      }
    }
    return OkStatus();
  }

  Status AssignQuant() {
    const size_t tensors = floats_.tensors.size();
    std::vector<std::optional<ScaleZero>> fixed(tensors);
    Ties ties(tensors);
    for (const Node& node : floats_.nodes) {
      const QuantRule rule = RuleOf(node);
      if (rule == QuantRule::kFixed) {
        for (int output : node.outputs) fixed[static_cast<size_t>(output)] = FixedOutput(node);
      }
      if (rule == QuantRule::kSame) TieOne(node, fixed, ties);
    }
    std::vector<std::optional<Interval>> range(tensors);
    for (size_t t = 0; t < tensors; ++t) {
      if (fixed[t] || floats_.tensors[t].constant() || !Used(static_cast<int>(t))) continue;
      const Interval& own = plan_.ranges[t];
      if (!std::isfinite(own.lo) || !std::isfinite(own.hi) || !std::isfinite(own.hi - own.lo)) {
        return Refuse(diag_, {Code::kInvalidArgument, "quantize: a range is not finite"},
                      Describe(floats_.tensors[t]),
                      "spans " + std::to_string(own.lo) + " to " + std::to_string(own.hi));
      }
      auto& whole = range[static_cast<size_t>(ties.Root(static_cast<int>(t)))];
      whole = whole ? Union(*whole, own) : own;
    }
    for (size_t t = 0; t < tensors; ++t) {
      const auto& whole = range[static_cast<size_t>(ties.Root(static_cast<int>(t)))];
      quant_[t] = fixed[t] ? *fixed[t] : whole ? AsymmetricInt8(*whole) : ScaleZero();
    }
    return OkStatus();
  }

  bool Used(int tensor) const {
    if (used_.empty()) {
      used_.resize(floats_.tensors.size());
      for (int input : floats_.inputs) used_[static_cast<size_t>(input)] = true;
      for (const Node& node : floats_.nodes) {
        for (int output : node.outputs) {
          if (output != kNoTensor) used_[static_cast<size_t>(output)] = true;
        }
      }
    }
    return used_[static_cast<size_t>(tensor)];
  }

  // A move of one fixed tensor is fixed as well; where several are joined, a fixed one gets a
  // requantisation before the join (AddNode).
  void TieOne(const Node& node, std::vector<std::optional<ScaleZero>>& fixed, Ties& ties) {
    std::vector<int> activations;
    for (int input : node.inputs) {
      if (IsActivation(floats_, input)) activations.push_back(input);
    }
    const auto& first = fixed[static_cast<size_t>(activations[0])];
    for (int output : node.outputs) {
      if (output == kNoTensor) continue;
      if (activations.size() == 1 && first) {
        fixed[static_cast<size_t>(output)] = first;
        continue;
      }
      for (int input : activations) {
        if (!fixed[static_cast<size_t>(input)]) ties.Tie(input, output);
      }
    }
  }

  int Activation(int tensor) {
    int& number = made_.tensor[static_cast<size_t>(tensor)];
    if (number != kNoTensor) return number;
    Tensor made = At(tensor);
    made.dtype = DType::kInt8;
    SetQuant(made, quant_[static_cast<size_t>(tensor)]);
    number = AddTensor(made_.graph, std::move(made));
    return number;
  }

  static void SetQuant(Tensor& tensor, ScaleZero q) {
    tensor.quant = {.scales = {q.scale}, .zero_points = {q.zero_point}, .axis = -1};
  }

  Status AddNode(size_t i) {
    Node node = floats_.nodes[i];
    const QuantRule rule = RuleOf(node);
    if (rule == QuantRule::kWeights) {
      COVEY_TRY(Weigh(i, node));
    } else if (node.op == Op::kReshape) {
      node.inputs = {Activation(node.inputs[0])};
    } else {
      for (int& input : node.inputs) {
        COVEY_TRY_ASSIGN(input, Operand(floats_.nodes[i], input, rule));
      }
    }
    for (int& output : node.outputs) {
      if (output != kNoTensor) output = Activation(output);
    }
    made_.node.push_back(static_cast<int>(made_.graph.nodes.size()));
    made_.graph.nodes.push_back(std::move(node));
    return OkStatus();
  }

  Result<int> Operand(const Node& node, int input, QuantRule rule) {
    if (input == kNoTensor) return kNoTensor;
    if (At(input).constant()) {
      COVEY_TRY(CheckFinite(At(input), diag_));
      return AddTensor(made_.graph, QuantiseConstant(At(input)));
    }
    const int made = Activation(input);
    if (rule != QuantRule::kSame) return made;
    const ScaleZero wanted = quant_[static_cast<size_t>(node.outputs[0])];
    const ScaleZero has = quant_[static_cast<size_t>(input)];
    if (wanted.scale == has.scale && wanted.zero_point == has.zero_point) return made;
    Tensor scaled = TensorOf(made_.graph, made);
    scaled.name += "/" + node.name;
    SetQuant(scaled, wanted);
    Node requantise;
    requantise.op = Op::kQuantize;
    requantise.name = scaled.name;
    requantise.source_op = "(requantise)";
    requantise.inputs = {made};
    requantise.outputs = {AddTensor(made_.graph, std::move(scaled))};
    made_.graph.nodes.push_back(requantise);
    return requantise.outputs[0];
  }

  // Input, weights and bias of conv2d, depthwise_conv2d, fully_connected.
  Status Weigh(size_t i, Node& node) {
    const int axis = WeightAxis(node.op);
    if (node.inputs.size() < 2 || node.inputs[1] == kNoTensor || !At(node.inputs[1]).constant() ||
        At(node.inputs[1]).dims.size() <= static_cast<size_t>(axis)) {
      return Refused(node,
                     "its weights are computed at run time, or of another rank; supported "
                     "are constants");
    }
    const Tensor& weights = At(node.inputs[1]);
    COVEY_TRY(CheckFinite(weights, diag_));
    const auto channels = static_cast<size_t>(weights.dims[static_cast<size_t>(axis)]);
    COVEY_TRY_ASSIGN(const std::vector<float> bias, BiasOf(i, node, channels));
    const double input_scale = double{quant_[static_cast<size_t>(node.inputs[0])].scale};
    // A quarter of 32 bits for the bias leaves room for the sum.
    constexpr double kMostBias = 1 << 29;
    std::vector<double> least(channels);
    for (size_t c = 0; c < bias.size(); ++c) {
      least[c] = std::abs(double{bias[c]}) / (input_scale * kMostBias);
    }
    const int input = Activation(node.inputs[0]);
    Tensor made = QuantiseWeights(weights, axis, least);
    const std::vector<float> scales = made.quant.scales;
    const int w = AddTensor(made_.graph, std::move(made));
    node.inputs = {input, w};
    if (!bias.empty()) {
      node.inputs.push_back(
          AddTensor(made_.graph, QuantiseBias(node.name + "/bias", bias, input_scale, scales)));
    }
    return OkStatus();
  }

  // The node's bias with its correction; empty if it has neither.
  Result<std::vector<float>> BiasOf(size_t i, const Node& node, size_t channels) const {
    std::vector<float> bias;
    if (node.inputs.size() > 2 && node.inputs[2] != kNoTensor) {
      const Tensor& tensor = At(node.inputs[2]);
      if (!tensor.constant() || tensor.elements() != static_cast<int64_t>(channels)) {
        return Refused(node, Describe(tensor) + " is its bias, expected a constant of " +
                                 std::to_string(channels) + " values");
      }
      COVEY_TRY(CheckFinite(tensor, diag_));
      bias = NumbersOf(tensor);
    }
    if (i < plan_.bias_shift.size() && plan_.bias_shift[i].size() == channels) {
      bias.resize(channels);
      for (size_t c = 0; c < channels; ++c) bias[c] += plan_.bias_shift[i][c];
    }
    return bias;
  }

  const Graph& floats_;
  const QuantPlan& plan_;
  Diag& diag_;
  std::vector<ScaleZero> quant_;  // of each activation
  mutable std::vector<bool> used_;
  Int8Graph made_;
};

}  // namespace

QuantPlan UniformPlan(const Graph& floats) {
  return {.ranges = std::vector<Interval>(floats.tensors.size(), Interval{-1, 1}),
          .bias_shift = {}};
}

Result<Int8Graph> BuildInt8(const Graph& floats, const QuantPlan& plan, Diag& diag) {
  return Builder(floats, plan, diag).Run();
}

namespace {

int FloatTwin(Graph& graph, int tensor) {
  Tensor twin = TensorOf(graph, tensor);
  twin.name += "/float";
  twin.dtype = DType::kFloat32;
  twin.quant = {};
  return AddTensor(graph, std::move(twin));
}

Node Rim(Op op, const std::string& name, int from, int to) {
  Node node;
  node.op = op;
  node.name = name;
  node.source_op = "(rim)";
  node.inputs = {from};
  node.outputs = {to};
  return node;
}

}  // namespace

void AddFloatRim(Graph& int8) {
  std::vector<Node> nodes;
  for (int& input : int8.inputs) {
    const int twin = FloatTwin(int8, input);
    nodes.push_back(Rim(Op::kQuantize, TensorOf(int8, input).name, twin, input));
    input = twin;
  }
  nodes.insert(nodes.end(), int8.nodes.begin(), int8.nodes.end());
  for (int& output : int8.outputs) {
    const int twin = FloatTwin(int8, output);
    nodes.push_back(Rim(Op::kDequantize, TensorOf(int8, output).name, output, twin));
    output = twin;
  }
  int8.nodes = std::move(nodes);
}

}  // namespace covey::compiler
