#include "compiler/import/onnx/unfold.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace covey::compiler::onnx_import {
namespace {

using ::onnx::GraphProto;
using ::onnx::NodeProto;
using ::onnx::TensorProto;

// Names of what says how a value is quantised.
struct Scale {
  std::string scale, zero;
};

// Ops that move values or pick the largest: their output is quantised as their first input is.
bool Moves(const std::string& op) {
  constexpr const char* kMoves[] = {"MaxPool",   "Reshape",   "Transpose", "Flatten",
                                    "Squeeze",   "Unsqueeze", "Slice",     "Gather",
                                    "Split",     "Identity",  "Resize",    "GlobalMaxPool",
                                    "ReduceMax", "Dropout",   "Upsample",  "Pad"};
  return std::find(std::begin(kMoves), std::end(kMoves), op) != std::end(kMoves);
}

// The operator of floats that a QLinear one stands for; null if it is none that is known.
const char* FloatOp(const std::string& op) {
  static const std::map<std::string, const char*> kOps{
      {"QLinearConv", "Conv"},
      {"QLinearMatMul", "MatMul"},
      {"QGemm", "Gemm"},
      {"QLinearAdd", "Add"},
      {"QLinearMul", "Mul"},
      {"QLinearSigmoid", "Sigmoid"},
      {"QLinearLeakyRelu", "LeakyRelu"},
      {"QLinearSoftmax", "Softmax"},
      {"QLinearAveragePool", "AveragePool"},
      {"QLinearGlobalAveragePool", "GlobalAveragePool"},
      {"QLinearReduceMean", "ReduceMean"},
      {"QLinearConcat", "Concat"},
  };
  const auto found = kOps.find(op);
  return found == kOps.end() ? nullptr : found->second;
}

std::optional<std::vector<float>> Floats(const TensorProto& tensor) {
  if (tensor.data_type() != TensorProto::FLOAT) return std::nullopt;
  std::vector<float> values(tensor.float_data().begin(), tensor.float_data().end());
  if (values.empty() && tensor.raw_data().size() % sizeof(float) == 0) {
    values.resize(tensor.raw_data().size() / sizeof(float));
    std::memcpy(values.data(), tensor.raw_data().data(), tensor.raw_data().size());
  }
  if (values.empty()) return std::nullopt;
  return values;
}

// "strides" [s] becomes [1, s], "pads" [b, e] becomes [0, b, 0, e].
void WidenAttributes(NodeProto& node) {
  for (auto& attribute : *node.mutable_attribute()) {
    const bool pads = attribute.name() == "pads";
    if (!pads && attribute.name() != "strides" && attribute.name() != "dilations" &&
        attribute.name() != "kernel_shape" && attribute.name() != "output_padding") {
      continue;
    }
    const std::vector<int64_t> from(attribute.ints().begin(), attribute.ints().end());
    const bool zero = pads || attribute.name() == "output_padding";
    attribute.clear_ints();
    for (int64_t value : from) {
      attribute.add_ints(zero ? 0 : 1);
      attribute.add_ints(value);
    }
  }
}

class Unfolder {
 public:
  explicit Unfolder(GraphProto& graph) : graph_(graph) {
    for (const TensorProto& tensor : graph.initializer()) initializers_[tensor.name()] = &tensor;
  }

  void Run() {
    const auto nodes = graph_.node();
    graph_.clear_node();
    for (const NodeProto& node : nodes) {
      if (!Rewrite(node)) *graph_.add_node() = node;
      Note(node);
    }
    for (TensorProto& tensor : made_) *graph_.add_initializer() = std::move(tensor);
  }

 private:
  std::string Fresh(const NodeProto& node, const std::string& what) {
    return (node.output_size() > 0 ? node.output(0) : node.name()) + "/" + what + "/" +
           std::to_string(count_++);
  }

  NodeProto& AddNode(const std::string& op, const NodeProto& from,
                     const std::vector<std::string>& inputs, const std::string& output) {
    NodeProto& node = *graph_.add_node();
    node.set_op_type(op);
    node.set_name(from.name().empty() ? output : from.name());
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  std::string Dequantised(const NodeProto& from, const std::string& value, const Scale& scale,
                          std::optional<int64_t> axis = std::nullopt) {
    const std::string output = Fresh(from, "real");
    sources_[output] = value;
    NodeProto& node = AddNode("DequantizeLinear", from, {value, scale.scale, scale.zero}, output);
    if (scale.zero.empty()) node.mutable_input()->RemoveLast();
    if (axis) {
      auto& attribute = *node.add_attribute();
      attribute.set_name("axis");
      attribute.set_type(::onnx::AttributeProto::INT);
      attribute.set_i(*axis);
    }
    return output;
  }

  void Quantised(const NodeProto& from, const std::string& real, const Scale& scale,
                 const std::string& output) {
    NodeProto& node = AddNode("QuantizeLinear", from, {real, scale.scale, scale.zero}, output);
    if (scale.zero.empty()) node.mutable_input()->RemoveLast();
    known_[output] = scale;
  }

  // int32 at scale input * weights: an initializer for that scale.
  std::optional<Scale> BiasScale(const NodeProto& from, const std::string& input,
                                 const std::string& weights) {
    const auto a = initializers_.find(input), b = initializers_.find(weights);
    if (a == initializers_.end() || b == initializers_.end()) return std::nullopt;
    const auto in = Floats(*a->second), channels = Floats(*b->second);
    if (!in || !channels || in->size() != 1) return std::nullopt;
    TensorProto& scale = made_.emplace_back();
    scale.set_name(Fresh(from, "bias scale"));
    scale.set_data_type(TensorProto::FLOAT);
    if (channels->size() > 1) scale.add_dims(static_cast<int64_t>(channels->size()));
    for (float channel : *channels) scale.add_float_data((*in)[0] * channel);
    return Scale{scale.name(), ""};
  }

  bool Rewrite(const NodeProto& node) {
    if (node.op_type() == "QLinearConcat") return Concat(node);
    const char* op = FloatOp(node.op_type());
    if (op != nullptr) return Linear(node, op);
    if (node.op_type() == "QuantizeLinear" || node.op_type() == "DequantizeLinear") {
      *graph_.add_node() = node;
      graph_.mutable_node()->rbegin()->clear_domain();  // the contributed ones mean the same
      return true;
    }
    if (OneDimensional(node)) return Widen(node);
    return Moves(node.op_type()) && node.input_size() > 0 && known_.count(node.input(0)) > 0 &&
           Wrap(node);
  }

  // Rank of a constant, also behind a DequantizeLinear; 0 if unknown.
  int RankOf(const std::string& name) const {
    const auto real = sources_.find(name);
    const auto found = initializers_.find(real == sources_.end() ? name : real->second);
    return found == initializers_.end() ? 0 : found->second->dims_size();
  }

  bool OneDimensional(const NodeProto& node) const {
    if (node.output_size() != 1) return false;
    if (node.op_type() == "Conv" || node.op_type() == "ConvTranspose") {
      return node.input_size() > 1 && RankOf(node.input(1)) == 3;
    }
    if (node.op_type() != "MaxPool" && node.op_type() != "AveragePool") return false;
    return std::any_of(node.attribute().begin(), node.attribute().end(), [](const auto& each) {
      return each.name() == "kernel_shape" && each.ints_size() == 1;
    });
  }

  NodeProto& AddAxis(const char* op, const NodeProto& from, const std::string& input,
                     const std::string& output) {
    NodeProto& node = AddNode(op, from, {input}, output);
    auto& axes = *node.add_attribute();
    axes.set_name("axes");
    axes.set_type(::onnx::AttributeProto::INTS);
    axes.add_ints(2);
    return node;
  }

  bool Widen(const NodeProto& node) {
    const bool quantised = known_.count(node.input(0)) > 0;  // of bytes: by way of reals
    NodeProto wide = node;
    const bool weights = node.op_type() == "Conv" || node.op_type() == "ConvTranspose";
    std::string input = node.input(0);
    if (quantised) input = Dequantised(node, input, known_.at(node.input(0)));
    for (int i = 0; i < (weights ? 2 : 1); ++i) {
      wide.set_input(i, Fresh(node, "wide"));
      AddAxis("Unsqueeze", node, i == 0 ? input : node.input(i), wide.input(i));
    }
    WidenAttributes(wide);
    wide.set_output(0, Fresh(node, "wide"));
    *graph_.add_node() = wide;
    if (!quantised) {
      AddAxis("Squeeze", node, wide.output(0), node.output(0));
      return true;
    }
    const std::string narrow = Fresh(node, "narrow");
    AddAxis("Squeeze", node, wide.output(0), narrow);
    Quantised(node, narrow, known_.at(node.input(0)), node.output(0));
    return true;
  }

  // Copies what the operator says of itself.
  static void Attributes(const NodeProto& from, NodeProto& to) {
    for (const auto& attribute : from.attribute()) {
      if (attribute.name() != "channels_last" && attribute.name() != "opset") {
        *to.add_attribute() = attribute;
      }
    }
  }
  // Its divisor there is not the float op's.
  static bool CountsOverhang(const NodeProto& node) {
    bool up = false, counts = false;
    for (const auto& attribute : node.attribute()) {
      up = up || (attribute.name() == "ceil_mode" && attribute.i() != 0);
      counts = counts || (attribute.name() == "count_include_pad" && attribute.i() != 0);
    }
    return node.op_type() == "QLinearAveragePool" && up && counts;
  }
  static bool ChannelsLast(const NodeProto& node) {
    return std::any_of(node.attribute().begin(), node.attribute().end(), [](const auto& attribute) {
      return attribute.name() == "channels_last" && attribute.i() != 0;
    });
  }

  // Operands of three inputs each (value, scale, zero point), two where `pairs`; then the output's
  // scale and zero point, then a bias (QGemm: before the output's).
  bool Linear(const NodeProto& node, const std::string& op) {
    const bool gemm = node.op_type() == "QGemm";
    const bool conv = op == "Conv",
               pair = conv || gemm || op == "MatMul" || op == "Add" || op == "Mul";
    const int operands = pair ? 2 : 1, bias = gemm ? 6 : 8;
    const int out = gemm ? 7 : 3 * operands;
    if (node.input_size() < out + 1 || node.output_size() != 1 || ChannelsLast(node) ||
        CountsOverhang(node)) {
      return false;
    }
    std::vector<std::string> inputs;
    for (int i = 0; i < operands; ++i) {
      const Scale scale{node.input(3 * i + 1), node.input(3 * i + 2)};
      // Weights: one scale for each output channel, or one.
      std::optional<int64_t> axis;
      if (i == 1 && conv) axis = 0;
      if (i == 1 && gemm) axis = TransposedB(node) ? 0 : 1;
      if (i == 1 && op == "MatMul") axis = 1;
      inputs.push_back(
          Dequantised(node, node.input(3 * i), scale, Several(scale) ? axis : std::nullopt));
    }
    if ((conv || gemm) && node.input_size() > bias && !node.input(bias).empty()) {
      const auto scale = BiasScale(node, node.input(1), node.input(4));
      if (!scale) return false;
      inputs.push_back(Dequantised(node, node.input(bias), *scale,
                                   Several(*scale) ? std::optional<int64_t>(0) : std::nullopt));
    }
    const Scale result{node.input(out), node.input_size() > out + 1 ? node.input(out + 1) : ""};
    const std::string real = Fresh(node, "result");
    NodeProto made;
    made.set_op_type(op);
    made.set_name(node.name());
    for (const std::string& input : inputs) made.add_input(input);
    made.add_output(real);
    Attributes(node, made);
    if (gemm) BiasAsProduct(made);
    if (!OneDimensional(made) || !Widen(made)) *graph_.add_node() = made;
    Quantised(node, real, result, node.output(0));
    return true;
  }

  // QGemm's bias has the product's scale, alpha included: alpha * (A * B) + alpha * C.
  static void BiasAsProduct(NodeProto& node) {
    float alpha = 1;
    for (const auto& attribute : node.attribute()) {
      if (attribute.name() == "alpha") alpha = attribute.f();
    }
    auto& beta = *node.add_attribute();
    beta.set_name("beta");
    beta.set_type(::onnx::AttributeProto::FLOAT);
    beta.set_f(alpha);
  }

  static bool TransposedB(const NodeProto& node) {
    return std::any_of(node.attribute().begin(), node.attribute().end(), [](const auto& attribute) {
      return attribute.name() == "transB" && attribute.i() != 0;
    });
  }
  bool Several(const Scale& scale) const {
    for (const TensorProto& tensor : made_) {
      if (tensor.name() == scale.scale) return tensor.dims_size() > 0;
    }
    const auto found = initializers_.find(scale.scale);
    if (found == initializers_.end()) return false;
    const auto values = Floats(*found->second);
    return values && values->size() > 1;
  }

  bool Concat(const NodeProto& node) {
    if (node.input_size() < 5 || node.input_size() % 3 != 2) return false;
    std::vector<std::string> inputs;
    for (int i = 2; i + 2 < node.input_size(); i += 3) {
      inputs.push_back(Dequantised(node, node.input(i), {node.input(i + 1), node.input(i + 2)}));
    }
    const std::string real = Fresh(node, "result");
    Attributes(node, AddNode("Concat", node, inputs, real));
    Quantised(node, real, {node.input(0), node.input(1)}, node.output(0));
    return true;
  }

  bool Wrap(const NodeProto& node) {
    const Scale scale = known_.at(node.input(0));
    const std::string real = Dequantised(node, node.input(0), scale);
    NodeProto copy = node;
    copy.set_input(0, real);
    if (node.op_type() == "Pad" && node.input_size() > 2 && !node.input(2).empty()) {
      copy.set_input(2, Dequantised(node, node.input(2), scale));  // a byte as well
    }
    std::vector<std::pair<std::string, std::string>> outputs;
    for (int i = 0; i < node.output_size(); ++i) {
      if (node.output(i).empty()) continue;
      outputs.emplace_back(Fresh(node, "moved"), node.output(i));
      copy.set_output(i, outputs.back().first);
    }
    *graph_.add_node() = copy;
    for (const auto& [from, to] : outputs) Quantised(node, from, scale, to);
    return true;
  }

  void Note(const NodeProto& node) {
    if (node.op_type() == "DequantizeLinear" && node.input_size() > 0 && node.output_size() > 0) {
      sources_[node.output(0)] = node.input(0);
    }
    if (node.op_type() != "QuantizeLinear" || node.input_size() < 2 || node.output_size() < 1)
      return;
    known_[node.output(0)] = {node.input(1), node.input_size() > 2 ? node.input(2) : ""};
  }

  GraphProto& graph_;
  std::map<std::string, const TensorProto*> initializers_;
  std::map<std::string, Scale> known_;          // quantised values
  std::map<std::string, std::string> sources_;  // what a DequantizeLinear reads
  std::vector<TensorProto> made_;
  int count_ = 0;
};

}  // namespace

void Unfold(GraphProto& graph) { Unfolder(graph).Run(); }

}  // namespace covey::compiler::onnx_import
