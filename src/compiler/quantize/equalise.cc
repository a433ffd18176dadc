#include "compiler/quantize/equalise.hpp"

#include <algorithm>
#include <cmath>

#include "compiler/passes/uses.hpp"
#include "compiler/quantize/constants.hpp"
#include "compiler/quantize/rules.hpp"

namespace covey::compiler {
namespace {

bool IsWeighted(const Node& node) {
  return RuleOf(node) == QuantRule::kWeights && node.outputs.size() == 1;
}

// Scaling a channel before them scales it behind them.
bool PassesScale(const Graph& graph, const Node& node) {
  if (node.inputs.empty() || node.outputs.size() != 1) return false;
  const std::vector<int32_t>& in = TensorOf(graph, node.inputs[0]).dims;
  const std::vector<int32_t>& out = TensorOf(graph, node.outputs[0]).dims;
  if (in.empty() || out.empty() || in.back() != out.back()) return false;
  switch (node.op) {
    case Op::kPad: {
      const auto* pads = std::get_if<Pads>(&node.attributes);
      return pads != nullptr && pads->real == 0 && !pads->has_value;
    }
    case Op::kUnary: {
      const auto* unary = std::get_if<Unary>(&node.attributes);
      return unary != nullptr &&
             (unary->kind == UnaryKind::kLeakyRelu || unary->kind == UnaryKind::kAbs);
    }
    case Op::kMaxPool2D:
    case Op::kAveragePool2D:
      return node.activation == Activation::kNone || node.activation == Activation::kRelu;
    case Op::kReshape:
      return true;  // the last dimension stays: channels stay channels
    case Op::kMean: {
      const auto* reduce = std::get_if<Reduce>(&node.attributes);
      const auto last = static_cast<int32_t>(in.size()) - 1;
      return reduce != nullptr &&
             std::find(reduce->axes.begin(), reduce->axes.end(), last) == reduce->axes.end();
    }
    case Op::kRelu:
      return node.activation == Activation::kRelu;
    default:
      return false;
  }
}

// The index of an input channel of each of a layer's weights: index / inner % count.
struct InputWalk {
  size_t inner = 1, count = 1;
};

// Nothing (count 0) if the layer's inputs are no channels one by one.
InputWalk InputsOf(const Graph& graph, const Node& node, size_t channels) {
  const std::vector<int32_t>& dims = TensorOf(graph, node.inputs[1]).dims;
  const auto* window = std::get_if<Window>(&node.attributes);
  const auto last = static_cast<size_t>(dims.back());
  if (node.op == Op::kDepthwiseConv2D && window != nullptr) {
    const auto multiplier = static_cast<size_t>(window->depth_multiplier);
    return last == channels * multiplier ? InputWalk{multiplier, channels} : InputWalk{1, 0};
  }
  return last == channels ? InputWalk{1, channels} : InputWalk{1, 0};
}

class Equaliser {
 public:
  Equaliser(Graph& graph, const Calibration& seen) : graph_(graph), seen_(seen), uses_(graph) {}

  Equalised Run() {
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (IsWeighted(graph_.nodes[i])) TryPair(i);
    }
    return done_;
  }

 private:
  // The next layer, if all between scale and nobody else reads; -1 if not.
  int NextLayer(const Node& from, bool& clipped) const {
    int tensor = from.outputs[0];
    for (;;) {
      if (!uses_.only_reader(tensor)) return -1;
      const int next = uses_.readers(tensor)[0];
      const Node& node = graph_.nodes[static_cast<size_t>(next)];
      if (node.inputs[0] != tensor) return -1;
      if (IsWeighted(node)) return next;
      if (node.op == Op::kUnary && !PassesScale(graph_, node)) clipped = true;
      if (node.op == Op::kRelu && node.activation != Activation::kRelu) clipped = true;
      if (!PassesScale(graph_, node)) return -1;
      tensor = node.outputs[0];
    }
  }

  void TryPair(size_t i) {
    const Node& first = graph_.nodes[i];
    bool clipped = first.activation != Activation::kNone && first.activation != Activation::kRelu;
    const int next = NextLayer(first, clipped);
    if (clipped) {
      ++done_.clipped;
      return;
    }
    if (next < 0) return;
    const Node& second = graph_.nodes[static_cast<size_t>(next)];
    const std::vector<float>& most = seen_.channel_most[static_cast<size_t>(first.outputs[0])];
    const InputWalk inputs = InputsOf(graph_, second, most.size());
    if (inputs.count == 0 || IsGrouped(second)) return;
    const std::vector<float> factors = FactorsOf(second, most, inputs);
    Rescale(i, static_cast<size_t>(next), factors, inputs);
    ++done_.pairs;
  }

  // Weights of a grouped convolution see a part of the channels each.
  static bool IsGrouped(const Node& node) {
    const auto* window = std::get_if<Window>(&node.attributes);
    return node.op == Op::kConv2D && window != nullptr && window->groups != 1;
  }

  std::vector<float> FactorsOf(const Node& second, const std::vector<float>& most,
                               InputWalk inputs) const {
    std::vector<float> heaviest(most.size());
    const std::vector<float> weights = NumbersOf(TensorOf(graph_, second.inputs[1]));
    for (size_t k = 0; k < weights.size(); ++k) {
      float& w = heaviest[k / inputs.inner % inputs.count];
      w = std::max(w, std::abs(weights[k]));
    }
    const bool depthwise = second.op == Op::kDepthwiseConv2D;
    const float range = *std::max_element(most.begin(), most.end());
    const float weight = *std::max_element(heaviest.begin(), heaviest.end());
    std::vector<float> factors(most.size(), 1.0F);
    if (!(range > 0) || !(weight > 0)) return factors;
    // Beyond this a channel's noise would be made louder than it can be heard.
    constexpr float kMost = 64;
    for (size_t c = 0; c < most.size(); ++c) {
      if (!(most[c] > 0) || !(heaviest[c] > 0)) continue;
      const float relative = most[c] / range;
      const float factor = depthwise ? relative : std::sqrt(relative / (heaviest[c] / weight));
      factors[c] = std::clamp(factor, 1 / kMost, kMost);
    }
    return factors;
  }

  void Rescale(size_t i, size_t next, const std::vector<float>& factors, InputWalk inputs) {
    Node& first = graph_.nodes[i];
    Tensor weights = TensorOf(graph_, first.inputs[1]);
    std::vector<float> numbers = NumbersOf(weights);
    const AxisWalk outputs(weights.dims, WeightAxis(first.op));
    for (size_t k = 0; k < numbers.size(); ++k) numbers[k] /= factors[outputs.channel(k)];
    SetNumbers(weights, numbers);
    first.inputs[1] = AddTensor(graph_, std::move(weights));
    if (first.inputs.size() > 2 && first.inputs[2] != kNoTensor) {
      Tensor bias = TensorOf(graph_, first.inputs[2]);
      numbers = NumbersOf(bias);
      for (size_t c = 0; c < numbers.size(); ++c) numbers[c] /= factors[c];
      SetNumbers(bias, numbers);
      first.inputs[2] = AddTensor(graph_, std::move(bias));
    }
    Node& second = graph_.nodes[next];
    Tensor after = TensorOf(graph_, second.inputs[1]);
    numbers = NumbersOf(after);
    for (size_t k = 0; k < numbers.size(); ++k) {
      numbers[k] *= factors[k / inputs.inner % inputs.count];
    }
    SetNumbers(after, numbers);
    second.inputs[1] = AddTensor(graph_, std::move(after));
  }

  Graph& graph_;
  const Calibration& seen_;
  const Uses uses_;
  Equalised done_;
};

}  // namespace

Equalised Equalise(Graph& graph, const Calibration& seen) { return Equaliser(graph, seen).Run(); }

}  // namespace covey::compiler
