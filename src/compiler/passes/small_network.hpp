// SmallNetwork builds networks by hand, for tests of passes; RunImage runs what they compile to.
//
//   SmallNetwork net(7);
//   int x = net.Input({1, 4, 4, 2});
//   x = net.Conv(x, {.outputs = 3});
//   net.graph().outputs = {x};
#pragma once

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "compiler/passes/uses.hpp"

namespace covey::compiler {

struct ConvShape {
  int32_t outputs = 2;
  int32_t size = 1;  // of the window, both ways
  int32_t stride = 1, dilation = 1, groups = 1;
  int32_t multiplier = 0;  // > 0: depthwise
  Padding padding = Padding::kSame;
  Activation activation = Activation::kNone;
  bool bias = true, per_channel = true;
};

class SmallNetwork {
 public:
  explicit SmallNetwork(uint32_t seed) : random_(seed) {}

  Graph& graph() { return graph_; }
  int32_t Upto(int32_t most) { return static_cast<int32_t>(random_() % (uint32_t(most) + 1)); }
  bool Chance(int32_t percent) { return Upto(99) < percent; }
  const std::vector<int32_t>& Dims(int tensor) { return TensorOf(graph_, tensor).dims; }

  int Activation8(std::vector<int32_t> dims, float scale, int32_t zero_point) {
    Tensor tensor;
    tensor.name = "t";
    tensor.name += std::to_string(graph_.tensors.size());  // "t" + ...: GCC 12's bug 105651
    tensor.dtype = DType::kInt8;
    tensor.dims = std::move(dims);
    tensor.quant = {.scales = {scale}, .zero_points = {zero_point}, .axis = -1};
    return AddTensor(graph_, std::move(tensor));
  }
  int Like(int tensor) {
    const Tensor from = TensorOf(graph_, tensor);
    return Activation8(from.dims, from.quant.scales[0], from.quant.zero_points[0]);
  }
  int Input(std::vector<int32_t> dims) {
    graph_.inputs.push_back(Activation8(std::move(dims), 0.05F, ZeroPoint()));
    return graph_.inputs.back();
  }
  int32_t ZeroPoint() { return Chance(30) ? -128 : Chance(10) ? 127 : Upto(255) - 128; }

  int Op1(Op op, std::vector<int> inputs, int output, Attributes attributes = {},
          Activation activation = Activation::kNone) {
    Node node;
    node.op = op;
    node.name = std::string(OpName(op)) + std::to_string(graph_.nodes.size());
    node.inputs = std::move(inputs);
    node.outputs = {output};
    node.attributes = std::move(attributes);
    node.activation = activation;
    graph_.nodes.push_back(std::move(node));
    return output;
  }

  int Conv(int input, const ConvShape& shape) {
    const std::vector<int32_t> in = Dims(input);
    const bool depthwise = shape.multiplier > 0;
    const int32_t outputs = depthwise ? in[3] * shape.multiplier : shape.outputs;
    Window window;
    window.window_h = window.window_w = shape.size;
    window.stride_h = window.stride_w = shape.stride;
    window.dilation_h = window.dilation_w = shape.dilation;
    window.padding = shape.padding;
    window.groups = shape.groups;
    window.depth_multiplier = std::max(shape.multiplier, 1);
    if (shape.padding == Padding::kExplicit) {
      window.pad_top = Upto(2), window.pad_bottom = Upto(2);
      window.pad_left = Upto(2), window.pad_right = Upto(2);
    }
    const std::vector<int32_t> out = {
        in[0], Slide(in[1], shape, window.pad_top + window.pad_bottom),
        Slide(in[2], shape, window.pad_left + window.pad_right), outputs};
    const std::vector<int32_t> filter =
        depthwise ? std::vector<int32_t>{1, shape.size, shape.size, outputs}
                  : std::vector<int32_t>{outputs, shape.size, shape.size, in[3] / shape.groups};
    const int weights = Weights(filter, depthwise ? 3 : 0, shape.per_channel);
    const int output = Activation8(out, OutputScale(), ZeroPoint());
    return Op1(depthwise ? Op::kDepthwiseConv2D : Op::kConv2D,
               {input, weights, shape.bias ? Bias(outputs) : kNoTensor}, output, window,
               shape.activation);
  }

  int FullyConnected(int input, int32_t depth, int32_t outputs, bool per_channel) {
    const auto rows = static_cast<int32_t>(TensorOf(graph_, input).elements() / depth);
    const int weights = Weights({outputs, depth}, 0, per_channel);
    if (!per_channel) TensorOf(graph_, weights).quant.zero_points[0] = Chance(50) ? 0 : Upto(6) - 3;
    const int output = Activation8({rows, outputs}, OutputScale(), ZeroPoint());
    return Op1(Op::kFullyConnected, {input, weights, Bias(outputs)}, output);
  }

  // The bytes of a constant, to be changed by hand.
  template <typename T>
  void Set(int tensor, const std::vector<T>& values) {
    std::vector<std::byte> data(values.size() * sizeof(T));
    std::memcpy(data.data(), values.data(), data.size());
    TensorOf(graph_, tensor).data = std::make_shared<const std::vector<std::byte>>(std::move(data));
  }

  // Some filters and some inputs of all filters are zero.
  int Weights(const std::vector<int32_t>& dims, int axis, bool per_channel) {
    const int tensor = Activation8(dims, 0.02F, 0);
    const auto outputs = static_cast<size_t>(dims[static_cast<size_t>(axis)]);
    const auto inner = static_cast<size_t>(dims.back());
    const auto count = static_cast<size_t>(TensorOf(graph_, tensor).elements());
    std::vector<bool> zero_out(outputs), zero_in(axis == 0 ? inner : 0);
    for (size_t i = 0; i < outputs; ++i) zero_out[i] = Chance(30);
    for (size_t i = 0; i < zero_in.size(); ++i) zero_in[i] = Chance(20);
    std::vector<int8_t> values(count);
    for (size_t i = 0; i < count; ++i) {
      const size_t out = axis == 0 ? i / (count / outputs) : i % outputs;
      const bool zero = zero_out[out] || (axis == 0 && zero_in[i % inner]) || Chance(20);
      values[i] = static_cast<int8_t>(zero ? 0 : Upto(255) - 128);
    }
    Set(tensor, values);
    if (per_channel) {
      Quant& quant = TensorOf(graph_, tensor).quant;
      quant.scales.clear();
      for (size_t i = 0; i < outputs; ++i) {
        quant.scales.push_back(0.001F * static_cast<float>(1 + Upto(40)));
      }
      quant.zero_points.assign(outputs, 0);
      quant.axis = axis;
    }
    return tensor;
  }

  // Some saturate what they are added to.
  int Bias(int32_t outputs) {
    std::vector<int32_t> values(static_cast<size_t>(outputs));
    for (int32_t& value : values) {
      value = Upto(20000) - 10000;
      if (Chance(25)) value = (Chance(50) ? 1 : -1) * (1 << 26);
    }
    Tensor tensor;
    tensor.name = "bias";
    tensor.dtype = DType::kInt32;
    tensor.dims = {outputs};
    const int made = AddTensor(graph_, std::move(tensor));
    Set(made, values);
    return made;
  }

  static int32_t Slide(int32_t input, const ConvShape& shape, int32_t pads) {
    if (shape.padding == Padding::kSame) return (input + shape.stride - 1) / shape.stride;
    const int32_t room = input + pads - (shape.size - 1) * shape.dilation - 1;
    return room < 0 ? 0 : room / shape.stride + 1;
  }

 private:
  // Some are so small that the multiplier shifts left, and sums wrap.
  float OutputScale() { return Chance(8) ? 1e-6F : 0.002F * static_cast<float>(1 + Upto(200)); }

  Graph graph_;
  std::minstd_rand random_;
};

}  // namespace covey::compiler
