// An ONNX file from a quantiser says int8 arithmetic as floats between pairs:
//
//   int8 -> dequantize -> conv2d -> relu -> quantize -> int8   becomes   int8 -> conv2d -> int8
//
// The op takes the scales of the tensors around it; its weights are int8 constants already, its
// bias int32 at scale input * weights.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

#include "compiler/passes/uses.hpp"
#include "compiler/pipeline.hpp"

namespace covey::compiler {
namespace {

bool HasWeights(Op op) {
  return op == Op::kConv2D || op == Op::kDepthwiseConv2D || op == Op::kFullyConnected ||
         op == Op::kTransposeConv;
}
// Ops whose output must be quantised as their input is.
bool KeepsQuant(Op op) {
  return op == Op::kMaxPool2D || op == Op::kAveragePool2D || op == Op::kPad || op == Op::kSlice ||
         op == Op::kGather || op == Op::kMirrorPad || op == Op::kResizeNearest ||
         op == Op::kResizeBilinear;
}
// Ops whose inputs must be quantised as their output is.
bool JoinsQuant(Op op) { return op == Op::kConcat || op == Op::kMaximum || op == Op::kMinimum; }
bool CanBeInt8(Op op) {
  return HasWeights(op) || KeepsQuant(op) || JoinsQuant(op) || op == Op::kAdd || op == Op::kSub ||
         op == Op::kMul || op == Op::kPrelu || op == Op::kUnary || op == Op::kMean ||
         op == Op::kRelu || op == Op::kSoftmax || op == Op::kBatchMatMul;
}
bool TakesRelu(Op op) {
  return HasWeights(op) || op == Op::kAdd || op == Op::kSub || op == Op::kMul ||
         op == Op::kAveragePool2D;
}

// A real zero is the zero point, exactly.
bool PadsWithZero(const Node& node) {
  const auto* pads = std::get_if<Pads>(&node.attributes);
  return node.op == Op::kPad && pads != nullptr && !pads->has_value && pads->real == 0;
}

// Ops that commute with dequantize: they move values, or pick the largest.
bool MovesOnly(const Node& node) {
  const Op op = node.op;
  return op == Op::kReshape || op == Op::kTranspose || op == Op::kSlice || op == Op::kGather ||
         op == Op::kMirrorPad || op == Op::kResizeNearest ||
         (op == Op::kMaxPool2D && node.activation == Activation::kNone) || PadsWithZero(node);
}

bool SameQuant(const Tensor& a, const Tensor& b) {
  return a.quant.scales == b.quant.scales && a.quant.zero_points == b.quant.zero_points;
}

// Between its pairs a .tflite network computes in single precision and says so; an ONNX network
// means int8.
bool MeansFloats(const Node& quantize) { return quantize.source_op == "QUANTIZE"; }

bool IsUnary(const Node& node) {
  return !node.inputs.empty() && node.inputs[0] != kNoTensor && node.outputs.size() == 1 &&
         node.outputs[0] != kNoTensor;
}

class Absorber {
 public:
  explicit Absorber(Graph& graph) : graph_(graph), uses_(graph) {}

  void Run() {
    std::vector<Node> nodes;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      Absorb(graph_.nodes[i]);
      std::move(before_.begin(), before_.end(), std::back_inserter(nodes));
      before_.clear();
      nodes.push_back(graph_.nodes[i]);
      if (after_) nodes.push_back(*std::exchange(after_, std::nullopt));
    }
    graph_.nodes = std::move(nodes);
  }

 private:
  // The int8 tensor that a float one was dequantised from, or the constant itself; -1 if neither.
  int Int8Of(int tensor) const {
    if (tensor == kNoTensor) return -1;
    const Tensor& t = TensorOf(graph_, tensor);
    if (t.constant()) return t.dtype == DType::kInt8 && !t.quant.empty() ? tensor : -1;
    const int writer = uses_.writer(tensor);
    if (writer < 0) return -1;
    const Node& node = graph_.nodes[static_cast<size_t>(writer)];
    return node.op == Op::kDequantize && IsUnary(node) ? node.inputs[0] : -1;
  }

  // The one node that reads a node's output; null if there are more, or none.
  Node* OnlyReader(const Node& node) {
    if (node.outputs.size() != 1 || node.outputs[0] == kNoTensor ||
        !uses_.only_reader(node.outputs[0])) {
      return nullptr;
    }
    return &graph_.nodes[static_cast<size_t>(uses_.readers(node.outputs[0])[0])];
  }

  void Absorb(Node& node) {
    if (!IsUnary(node)) return;
    if (node.op == Op::kQuantize && Int8Of(node.inputs[0]) >= 0) {
      const int from = Int8Of(node.inputs[0]);
      const Tensor &in = TensorOf(graph_, from), &out = TensorOf(graph_, node.outputs[0]);
      if (MeansFloats(node) && (in.dtype != out.dtype || !SameQuant(in, out))) return;
      node.inputs[0] = from;
      return;
    }
    // Which is the largest does not depend on the scale.
    if ((node.op == Op::kArgMax || node.op == Op::kArgMin) && Int8Of(node.inputs[0]) >= 0) {
      node.inputs[0] = Int8Of(node.inputs[0]);
      return;
    }
    if (!CanBeInt8(node.op)) return;
    std::vector<int> inputs = node.inputs;
    const size_t quantised = HasWeights(node.op) ? 2 : inputs.size();
    if (inputs.size() < quantised) return;
    for (size_t i = 0; i < quantised; ++i) {
      inputs[i] = Int8Of(inputs[i]);
      if (inputs[i] < 0) return;
      // Only weights have a scale for each channel.
      const bool several = TensorOf(graph_, inputs[i]).quant.scales.size() > 1;
      if (several && (i == 0 || !HasWeights(node.op))) return;
    }
    Activation activation = node.activation;
    Node* next = OnlyReader(node);
    if (next != nullptr && next->op == Op::kRelu && TakesRelu(node.op) &&
        activation == Activation::kNone) {
      activation = next->activation;
      next = OnlyReader(*next);
    }
    if (next == nullptr || next->op != Op::kQuantize || !IsUnary(*next)) return;
    if (MeansFloats(*next)) return;
    const int output = next->outputs[0];
    if (TensorOf(graph_, output).dtype != DType::kInt8) return;
    if (Coarse(node, inputs[0], output)) {
      if (!RoundsOnce(node, inputs)) return;
    }
    if (HasWeights(node.op) && inputs.size() > 2 && inputs[2] != kNoTensor) {
      inputs[2] = BiasFor(inputs[0], inputs[1], inputs[2]);
      if (inputs[2] < 0) return;
    }
    if (JoinsQuant(node.op)) {
      for (int& input : inputs) input = As(input, output, node.name);
    }
    node.inputs = std::move(inputs);
    node.activation = activation;
    SetOutput(node, output, next->name);
    next->outputs.clear();  // dead: what it wrote has another writer
  }

  // The op rounds to the input's scale (softmax: to 1/256) and the output's is finer: rounded once
  // more, the result would be steps off.
  bool Coarse(const Node& node, int input, int output) const {
    constexpr float kMost = 1.125F;
    float own = TensorOf(graph_, input).quant.scales[0];
    if (node.op == Op::kSoftmax) own = 1.0F / 256;
    if (node.op != Op::kSoftmax && node.op != Op::kAveragePool2D) return false;
    return own > kMost * TensorOf(graph_, output).quant.scales[0];
  }

  // An average over whole windows is a depthwise convolution by equal weights, or a mean, which
  // round once; false for other ops and other windows. Weights of 64: six bits of fraction in the
  // sum, where the multiplier's first rounding, to whole numbers, does no harm.
  bool RoundsOnce(Node& node, std::vector<int>& inputs) {
    auto* window = std::get_if<Window>(&node.attributes);
    if (node.op != Op::kAveragePool2D || window == nullptr) return false;
    const bool padded = window->pad_top > 0 || window->pad_left > 0 || window->pad_bottom > 0 ||
                        window->pad_right > 0;
    const Tensor& in = TensorOf(graph_, inputs[0]);
    if (in.dims.size() != 4 || window->padding == Padding::kSame ||
        (window->padding == Padding::kExplicit && padded)) {
      return false;
    }
    if (window->window_h == in.dims[1] && window->window_w == in.dims[2] &&
        node.activation == Activation::kNone) {
      node.op = Op::kMean;
      node.attributes = Reduce{.axes = {1, 2}, .keep_dims = true};
      return true;
    }
    constexpr int64_t kMostBytes = 1 << 16;
    constexpr std::byte kWeight{64};
    if (int64_t{window->window_h} * window->window_w * in.dims[3] > kMostBytes) return false;
    Tensor weights;
    weights.name = node.name + "/equal weights";
    weights.dtype = DType::kInt8;
    weights.dims = {1, window->window_h, window->window_w, in.dims[3]};
    const int64_t taps = int64_t{window->window_h} * window->window_w;
    const float scale = 1.0F / static_cast<float>(static_cast<int64_t>(kWeight) * taps);
    weights.quant = {.scales = {scale}, .zero_points = {0}, .axis = -1};
    weights.data = std::make_shared<const std::vector<std::byte>>(
        static_cast<size_t>(taps * in.dims[3]), kWeight);
    window->groups = in.dims[3];
    node.op = Op::kDepthwiseConv2D;
    inputs.push_back(AddTensor(graph_, std::move(weights)));
    return true;
  }

  static Node Requantise(int from, int to, const std::string& name) {
    Node node;
    node.op = Op::kQuantize;
    node.name = name;
    node.source_op = "(requantise)";
    node.inputs = {from};
    node.outputs = {to};
    return node;
  }

  // The tensor itself, or one quantised as `like`.
  int As(int tensor, int like, const std::string& name) {
    if (SameQuant(TensorOf(graph_, tensor), TensorOf(graph_, like))) return tensor;
    Tensor made = TensorOf(graph_, tensor);
    made.name += "/" + name;
    made.data = nullptr;
    made.quant = TensorOf(graph_, like).quant;
    const int to = AddTensor(graph_, std::move(made));
    before_.push_back(Requantise(tensor, to, name + "/requantise"));
    return to;
  }

  // Writes `output`, through a requantisation where the op cannot choose its output's scale.
  void SetOutput(Node& node, int output, const std::string& name) {
    Tensor wanted = TensorOf(graph_, output);
    if (KeepsQuant(node.op)) {
      wanted.quant = TensorOf(graph_, node.inputs[0]).quant;
    } else if (node.op == Op::kSoftmax) {
      wanted.quant = {.scales = {1.0F / 256}, .zero_points = {-128}, .axis = -1};
    }
    if (SameQuant(wanted, TensorOf(graph_, output))) {
      node.outputs[0] = output;
      return;
    }
    wanted.name += "/" + node.name;
    node.outputs[0] = AddTensor(graph_, std::move(wanted));
    after_ = Requantise(node.outputs[0], output, name);
  }

  // The bias as int32 at scale input * weights; -1 if it cannot be had.
  int BiasFor(int input, int weights, int bias) {
    const Tensor& from = TensorOf(graph_, bias);
    if (!from.constant() || TensorOf(graph_, input).quant.scales.size() != 1) return -1;
    const float in = TensorOf(graph_, input).quant.scales[0];
    const std::vector<float>& scales = TensorOf(graph_, weights).quant.scales;
    const auto count = static_cast<size_t>(from.elements());
    if (scales.size() != 1 && scales.size() != count) return -1;
    std::vector<std::byte> data(count * sizeof(int32_t));
    for (size_t c = 0; c < count; ++c) {
      const double scale = double{in} * double{scales[scales.size() == 1 ? 0 : c]};
      const auto value = BiasValue(from, c, scale);
      if (!value) return -1;
      std::memcpy(data.data() + c * sizeof(int32_t), &*value, sizeof(int32_t));
    }
    Tensor made = from;
    made.dtype = DType::kInt32;
    made.quant = {};
    made.data = std::make_shared<const std::vector<std::byte>>(std::move(data));
    return AddTensor(graph_, std::move(made));
  }

  static std::optional<int32_t> BiasValue(const Tensor& from, size_t c, double scale) {
    double real = 0;
    if (from.dtype == DType::kFloat32) {
      float value = 0;
      std::memcpy(&value, from.data->data() + c * sizeof(value), sizeof(value));
      real = double{value};
    } else if (from.dtype == DType::kInt32 && !from.quant.empty()) {
      int32_t value = 0;
      std::memcpy(&value, from.data->data() + c * sizeof(value), sizeof(value));
      const size_t at = from.quant.scales.size() == 1 ? 0 : c;
      if (from.quant.zero_points[at] != 0) return std::nullopt;
      const double own = double{from.quant.scales[at]};
      // As a quantiser writes it: its scale is that product in single precision.
      if (std::abs(own - scale) <= 1e-5 * scale) return value;
      real = own * value;
    } else {
      return std::nullopt;
    }
    const double q = std::nearbyint(real / scale);
    if (!(std::abs(q) <= 2147483647.0)) return std::nullopt;
    return static_cast<int32_t>(q);
  }

  Graph& graph_;
  const Uses uses_;
  std::vector<Node> before_;
  std::optional<Node> after_;
};

}  // namespace

Status SinkDequantize(Graph& graph, Diag&) {
  const Uses uses(graph);
  std::vector<Node> nodes;
  for (Node& node : graph.nodes) {
    nodes.push_back(node);
    if (!MovesOnly(node) || !IsUnary(node)) continue;
    // Earlier moves have sunk their dequantize already: it is the one that writes our input.
    const int writer = uses.writer(node.inputs[0]);
    const auto found = std::find_if(nodes.rbegin(), nodes.rend(), [&node](const Node& before) {
      return before.op == Op::kDequantize && IsUnary(before) && before.outputs[0] == node.inputs[0];
    });
    if (writer < 0 || found == nodes.rend()) continue;
    const int from = found->inputs[0];
    if (TensorOf(graph, from).dtype != DType::kInt8) continue;
    Tensor bytes = TensorOf(graph, node.outputs[0]);
    bytes.name += "/int8";
    bytes.dtype = DType::kInt8;
    bytes.quant = TensorOf(graph, from).quant;
    Node dequantize = *found;
    dequantize.outputs = node.outputs;
    nodes.back().inputs[0] = from;
    nodes.back().outputs[0] = AddTensor(graph, std::move(bytes));
    dequantize.inputs = {nodes.back().outputs[0]};
    dequantize.name = node.name + "/dequantize";
    nodes.push_back(std::move(dequantize));
  }
  graph.nodes = std::move(nodes);
  return OkStatus();
}

Status AbsorbQdq(Graph& graph, Diag& diag) {
  Absorber(graph).Run();
  return RemoveDead(graph, diag);
}

}  // namespace covey::compiler
