#include "compiler/quantize/build.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "compiler/ir/check.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/quantize/constants.hpp"
#include "compiler/quantize/groups.hpp"
#include "compiler/quantize/rules.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {
namespace {

constexpr Status kCannot(Code::kUnimplemented, "quantize: the network cannot be quantised");

bool IsActivation(const Graph& graph, int tensor) {
  return tensor != kNoTensor && !TensorOf(graph, tensor).constant();
}

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
      const bool active = std::any_of(node.inputs.begin(), node.inputs.end(),
                                      [this](int input) { return IsActivation(floats_, input); });
      const bool first = !node.inputs.empty() && IsActivation(floats_, node.inputs[0]);
      if (!active || node.outputs.size() != 1 || node.outputs[0] == kNoTensor ||
          (RuleOf(node) == QuantRule::kWeights && !first)) {
        return Refused(node, "it reads no activation, or has no output or several");
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
    groups_ = GroupsOf(floats_);
    std::vector<std::optional<Interval>> range(tensors);
    std::vector<bool> wide(tensors);
    for (size_t t = 0; t < tensors; ++t) {
      if (groups_.fixed[t] || floats_.tensors[t].constant() || !groups_.activation[t]) continue;
      const Interval& own = plan_.ranges[t];
      if (!std::isfinite(own.lo) || !std::isfinite(own.hi) || !std::isfinite(own.hi - own.lo)) {
        return Refuse(diag_, {Code::kInvalidArgument, "quantize: a range is not finite"},
                      Describe(floats_.tensors[t]),
                      "spans " + std::to_string(own.lo) + " to " + std::to_string(own.hi));
      }
      const auto root = static_cast<size_t>(groups_.root[t]);
      range[root] = range[root] ? Union(*range[root], own) : own;
      if (t < plan_.wide.size() && plan_.wide[t]) wide[root] = true;
    }
    range_.resize(tensors);
    wide_.resize(tensors);
    for (size_t t = 0; t < tensors; ++t) {
      const auto root = static_cast<size_t>(groups_.root[t]);
      if (range[root]) range_[t] = *range[root];
      wide_[t] = wide[root] && !groups_.fixed[t] && groups_.activation[t];
      quant_[t] = groups_.fixed[t] ? *groups_.fixed[t]
                  : wide_[t]       ? SymmetricInt16(range_[t])
                                   : AsymmetricInt8(range_[t]);
    }
    return OkStatus();
  }

  int Activation(int tensor) {
    int& number = made_.tensor[static_cast<size_t>(tensor)];
    if (number != kNoTensor) return number;
    Tensor made = At(tensor);
    made.dtype = wide_[static_cast<size_t>(tensor)] ? DType::kInt16 : DType::kInt8;
    SetQuant(made, quant_[static_cast<size_t>(tensor)]);
    number = AddTensor(made_.graph, std::move(made));
    return number;
  }

  static void SetQuant(Tensor& tensor, ScaleZero q) {
    tensor.quant = {.scales = {q.scale}, .zero_points = {q.zero_point}, .axis = -1};
  }

  bool IsWide(int tensor) const {
    return IsActivation(floats_, tensor) && wide_[static_cast<size_t>(tensor)];
  }

  Status AddNode(size_t i) {
    Node node = floats_.nodes[i];
    const QuantRule rule = RuleOf(node);
    const auto is_wide = [this](int tensor) { return IsWide(tensor); };
    const bool wide = std::any_of(node.inputs.begin(), node.inputs.end(), is_wide) ||
                      std::any_of(node.outputs.begin(), node.outputs.end(), is_wide);
    if (rule == QuantRule::kWeights) {
      COVEY_TRY(Weigh(i, wide, node));
    } else if (node.op == Op::kReshape) {
      node.inputs = {Activation(node.inputs[0])};
    } else {
      for (int& input : node.inputs) {
        COVEY_TRY_ASSIGN(input, Operand(floats_.nodes[i], input, wide, rule));
      }
    }
    std::vector<Node> behind;
    for (int& output : node.outputs) {
      if (output != kNoTensor) output = Output(output, wide, behind);
    }
    made_.node.push_back(static_cast<int>(made_.graph.nodes.size()));
    made_.graph.nodes.push_back(std::move(node));
    for (Node& quantise : behind) made_.graph.nodes.push_back(std::move(quantise));
    made_.done.push_back(static_cast<int>(made_.graph.nodes.size()) - 1);
    return OkStatus();
  }

  // Where a node writes: a node that runs wide leaves an int8 tensor to a quantize behind it.
  int Output(int tensor, bool wide, std::vector<Node>& behind) {
    const int made = Activation(tensor);
    const bool fixed = groups_.fixed[static_cast<size_t>(tensor)].has_value();
    if (!wide || IsWide(tensor) || fixed) return made;
    Tensor full = TensorOf(made_.graph, made);
    full.name += "/int16";
    full.dtype = DType::kInt16;
    SetQuant(full, SymmetricInt16(range_[static_cast<size_t>(tensor)]));
    const int from = AddTensor(made_.graph, std::move(full));
    behind.push_back(Requantise(TensorOf(made_.graph, made).name, from, made));
    return from;
  }

  // The int16 form of an int8 tensor, without loss: its scale is a power of two finer.
  int Widened(int tensor) {
    const int made = Activation(tensor);
    if (IsWide(tensor)) return made;
    const auto [known, added] = widened_.try_emplace(tensor, kNoTensor);
    if (!added) return known->second;
    constexpr float kFiner = 128;
    Tensor full = TensorOf(made_.graph, made);
    full.name += "/int16";
    full.dtype = DType::kInt16;
    SetQuant(full, {full.quant.scales[0] / kFiner, 0});
    known->second = AddTensor(made_.graph, std::move(full));
    made_.graph.nodes.push_back(
        Requantise(TensorOf(made_.graph, known->second).name, made, known->second));
    return known->second;
  }

  static Node Requantise(const std::string& name, int from, int to) {
    Node node;
    node.op = Op::kQuantize;
    node.name = name;
    node.source_op = "(requantise)";
    node.inputs = {from};
    node.outputs = {to};
    return node;
  }

  Result<int> Operand(const Node& node, int input, bool wide, QuantRule rule) {
    if (input == kNoTensor) return kNoTensor;
    if (At(input).constant()) {
      COVEY_TRY(CheckFinite(At(input), diag_));
      if (rule != QuantRule::kSame) {
        return AddTensor(made_.graph, QuantiseConstant(At(input), wide));
      }
      const Tensor& like = TensorOf(made_.graph, Activation(node.outputs[0]));
      return AddTensor(made_.graph, QuantiseAs(At(input), like));
    }
    if (rule != QuantRule::kSame) return wide ? Widened(input) : Activation(input);
    const int made = Activation(input);
    const Tensor& wanted = TensorOf(made_.graph, Activation(node.outputs[0]));
    Tensor scaled = TensorOf(made_.graph, made);
    if (scaled.dtype == wanted.dtype && scaled.quant.scales == wanted.quant.scales &&
        scaled.quant.zero_points == wanted.quant.zero_points) {
      return made;
    }
    scaled.name += "/" + node.name;
    scaled.dtype = wanted.dtype;
    scaled.quant = wanted.quant;
    const std::string name = scaled.name;
    const int to = AddTensor(made_.graph, std::move(scaled));
    made_.graph.nodes.push_back(Requantise(name, made, to));
    return to;
  }

  // Input, weights and bias of conv2d, depthwise_conv2d, fully_connected.
  Status Weigh(size_t i, bool wide, Node& node) {
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
    const int input = wide ? Widened(node.inputs[0]) : Activation(node.inputs[0]);
    const double input_scale = double{TensorOf(made_.graph, input).quant.scales[0]};
    // A quarter of 32 bits for the bias leaves room for the sum; int16 layers have 64.
    const double most_bias = wide ? 0x1p40 : 0x1p29;
    std::vector<double> least(channels);
    for (size_t c = 0; c < bias.size(); ++c) {
      least[c] = std::abs(double{bias[c]}) / (input_scale * most_bias);
    }
    Tensor made = QuantiseWeights(weights, axis, least);
    const std::vector<float> scales = made.quant.scales;
    const int w = AddTensor(made_.graph, std::move(made));
    node.inputs = {input, w};
    if (!bias.empty()) {
      const std::string name = node.name + "/bias";
      node.inputs.push_back(
          AddTensor(made_.graph, wide ? QuantiseBias<int64_t>(name, bias, input_scale, scales)
                                      : QuantiseBias<int32_t>(name, bias, input_scale, scales)));
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
  QuantGroups groups_;
  std::vector<Interval> range_;   // of each activation, with its group's
  std::vector<bool> wide_;        // of each tensor: held as int16
  std::vector<ScaleZero> quant_;  // of each activation
  std::map<int, int> widened_;    // int8 tensors that an int16 form was made of
  Int8Graph made_;
};

}  // namespace

QuantPlan UniformPlan(const Graph& floats) {
  return {.ranges = std::vector<Interval>(floats.tensors.size(), Interval{-1, 1}),
          .wide = {},
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
