#include "mobilenetv2.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

namespace covey::bench {
namespace {

using compiler::Activation;
using compiler::Graph;
using compiler::Node;
using compiler::Tensor;
using compiler::Window;

class Builder {
 public:
  explicit Builder(uint32_t seed) : random_(seed) { graph_.name = "mobilenetv2"; }

  int Input(std::vector<int32_t> dims) {
    const int input = Activations("input", std::move(dims), 2.0F / 255, 0);
    graph_.inputs = {input};
    return input;
  }

  // Weights spread so that sums are about as large as inputs.
  int Conv(int input, Op op, int32_t outputs, int32_t taps, int32_t stride, bool relu6) {
    const auto in = Dims(input);
    const bool depthwise = op == Op::kDepthwiseConv2D;
    const int32_t side = (in[1] + stride - 1) / stride;
    const int32_t fan_in = taps * taps * (depthwise ? 1 : in[3]);
    Node node = Begin(op, relu6);
    node.attributes = Window{.window_h = taps,
                             .window_w = taps,
                             .stride_h = stride,
                             .stride_w = stride,
                             .padding = compiler::Padding::kSame,
                             .depth_multiplier = 1};
    const std::vector<int32_t> filter = depthwise
                                            ? std::vector<int32_t>{1, taps, taps, outputs}
                                            : std::vector<int32_t>{outputs, taps, taps, in[3]};
    node.inputs = {input, Weights(node.name, filter, fan_in, outputs, depthwise ? 3 : 0),
                   Bias(node.name, outputs)};
    return End(node, {1, side, side, outputs}, relu6);
  }
  int FullyConnected(int input, int32_t inputs, int32_t outputs) {
    Node node = Begin(Op::kFullyConnected, false);
    node.inputs = {input, Weights(node.name, {outputs, inputs}, inputs, 1, 0),
                   Bias(node.name, outputs)};
    return End(node, {1, outputs}, false);
  }
  int Add(int a, int b) {
    Node node = Begin(Op::kAdd, false);
    node.inputs = {a, b};
    return End(node, Dims(a), false);
  }
  int Pool(int input) {
    const auto in = Dims(input);
    Node node = Begin(Op::kAveragePool2D, false);
    node.attributes = Window{.window_h = in[1], .window_w = in[2]};
    node.inputs = {input};
    const Tensor& from = graph_.tensors[static_cast<size_t>(input)];
    const float scale = from.quant.scales[0];
    const int32_t zero = from.quant.zero_points[0];
    return Finish(node, Activations(node.name, {1, 1, 1, in[3]}, scale, zero));
  }
  int Flatten(int input) {
    Node node = Begin(Op::kReshape, false);
    node.inputs = {input};
    const Tensor& from = graph_.tensors[static_cast<size_t>(input)];
    const float scale = from.quant.scales[0];
    const int32_t zero = from.quant.zero_points[0], channels = from.dims[3];
    return Finish(node, Activations(node.name, {1, channels}, scale, zero));
  }
  Graph Take(int output) {
    graph_.outputs = {output};
    return std::move(graph_);
  }
  std::vector<int32_t> Dims(int tensor) const {
    return graph_.tensors[static_cast<size_t>(tensor)].dims;
  }

 private:
  Node Begin(Op op, bool relu6) {
    Node node;
    node.op = op;
    node.source_op = OpName(op);
    node.name = node.source_op + std::to_string(graph_.nodes.size());
    node.activation = relu6 ? Activation::kRelu6 : Activation::kNone;
    return node;
  }
  int End(Node& node, std::vector<int32_t> dims, bool relu6) {
    return Finish(node, relu6 ? Activations(node.name, std::move(dims), 6.0F / 255, -128)
                              : Activations(node.name, std::move(dims), 12.0F / 255, 0));
  }
  int Finish(Node& node, int output) {
    node.outputs = {output};
    graph_.nodes.push_back(node);
    return output;
  }
  int Put(Tensor tensor) {
    graph_.tensors.push_back(std::move(tensor));
    return static_cast<int>(graph_.tensors.size()) - 1;
  }
  int Activations(const std::string& name, std::vector<int32_t> dims, float scale, int32_t zero) {
    Tensor tensor{name + "/out", DType::kInt8, std::move(dims), {}, nullptr};
    tensor.quant.scales = {scale};
    tensor.quant.zero_points = {zero};
    return Put(std::move(tensor));
  }
  int Weights(const std::string& name, std::vector<int32_t> dims, int32_t fan_in, int32_t channels,
              int axis) {
    Tensor tensor{name + "/weights", DType::kInt8, std::move(dims), {}, nullptr};
    const float scale = std::sqrt(6.0F / static_cast<float>(fan_in)) / 127;
    tensor.quant.scales.assign(static_cast<size_t>(channels), scale);
    tensor.quant.zero_points.assign(static_cast<size_t>(channels), 0);
    tensor.quant.axis = channels > 1 ? axis : -1;
    std::vector<std::byte> bytes(static_cast<size_t>(tensor.elements()));
    for (std::byte& byte : bytes)
      byte = static_cast<std::byte>(static_cast<int>(random_() % 255) - 127);
    tensor.data = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    return Put(std::move(tensor));
  }
  int Bias(const std::string& name, int32_t channels) {
    Tensor tensor{name + "/bias", DType::kInt32, {channels}, {}, nullptr};
    std::vector<int32_t> values(static_cast<size_t>(channels));
    for (int32_t& value : values) value = static_cast<int32_t>(random_() % 2001) - 1000;
    std::vector<std::byte> bytes(values.size() * 4);
    std::memcpy(bytes.data(), values.data(), bytes.size());
    tensor.data = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    return Put(std::move(tensor));
  }

  std::mt19937 random_;
  Graph graph_;
};

struct Stage {
  int32_t expansion, channels, blocks, stride;
};
// Table 2 of the paper (arXiv 1801.04381).
constexpr Stage kStages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                             {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

int Block(Builder& builder, int input, int32_t expansion, int32_t outputs, int32_t stride) {
  const int32_t inputs = builder.Dims(input)[3];
  const int32_t wide = inputs * expansion;
  const int expanded = expansion == 1 ? input : builder.Conv(input, Op::kConv2D, wide, 1, 1, true);
  const int depth = builder.Conv(expanded, Op::kDepthwiseConv2D, wide, 3, stride, true);
  const int narrow = builder.Conv(depth, Op::kConv2D, outputs, 1, 1, false);
  return stride == 1 && inputs == outputs ? builder.Add(input, narrow) : narrow;
}

}  // namespace

Graph MobileNetV2(uint32_t seed, const MobileNetV2Shape& shape) {
  const auto wide = [&](int32_t channels) {
    return std::max(8, (channels * shape.percent / 100 + 4) / 8 * 8);
  };
  Builder builder(seed);
  int last = builder.Input({1, shape.side, shape.side, 3});
  last = builder.Conv(last, Op::kConv2D, wide(32), 3, 2, true);
  for (const Stage& stage : kStages)
    for (int32_t i = 0; i < stage.blocks; ++i)
      last = Block(builder, last, stage.expansion, wide(stage.channels), i == 0 ? stage.stride : 1);
  // The paper never narrows the last layer.
  last = builder.Conv(last, Op::kConv2D, std::max(1280, wide(1280)), 1, 1, true);
  last = builder.Flatten(builder.Pool(last));
  return builder.Take(builder.FullyConnected(last, 1280, shape.classes));
}

}  // namespace covey::bench
