// SmallFloat builds float networks by hand, for tests of quantisation.
//
//   SmallFloat net(7);
//   int x = net.Input({1, 8, 8, 3});
//   x = net.Conv(x, {.outputs = 4, .size = 3, .activation = Activation::kRelu});
//   net.graph().outputs = {x};
#pragma once

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "compiler/passes/small_network.hpp"
#include "compiler/passes/uses.hpp"
#include "compiler/quantize/constants.hpp"
#include "compiler/quantize/samples.hpp"

namespace covey::compiler {

class SmallFloat {
 public:
  explicit SmallFloat(uint32_t seed) : random_(seed) {}

  Graph& graph() { return graph_; }
  float Next(float most = 1) {
    return most * (static_cast<float>(random_() % 2001) / 1000.0F - 1.0F);
  }
  const std::vector<int32_t>& Dims(int tensor) { return TensorOf(graph_, tensor).dims; }

  int Activation32(std::vector<int32_t> dims) {
    Tensor tensor;
    tensor.name = "t";
    tensor.name += std::to_string(graph_.tensors.size());
    tensor.dtype = DType::kFloat32;
    tensor.dims = std::move(dims);
    return AddTensor(graph_, std::move(tensor));
  }
  int Input(std::vector<int32_t> dims) {
    graph_.inputs.push_back(Activation32(std::move(dims)));
    return graph_.inputs.back();
  }
  int Constant(std::vector<int32_t> dims, const std::vector<float>& values) {
    const int made = Activation32(std::move(dims));
    SetNumbers(TensorOf(graph_, made), values);
    return made;
  }
  int Random(std::vector<int32_t> dims, float most) {
    const int made = Activation32(std::move(dims));
    std::vector<float> values(static_cast<size_t>(TensorOf(graph_, made).elements()));
    for (float& value : values) value = Next(most);
    SetNumbers(TensorOf(graph_, made), values);
    return made;
  }

  int Add(Op op, std::vector<int> inputs, std::vector<int32_t> dims, Attributes attributes = {},
          Activation activation = Activation::kNone) {
    Node node;
    node.op = op;
    node.name = std::string(OpName(op)) + std::to_string(graph_.nodes.size());
    node.inputs = std::move(inputs);
    node.outputs = {Activation32(std::move(dims))};
    node.attributes = std::move(attributes);
    node.activation = activation;
    graph_.nodes.push_back(std::move(node));
    return graph_.nodes.back().outputs[0];
  }

  int Conv(int input, const ConvShape& shape) {
    const std::vector<int32_t> in = Dims(input);
    const bool depthwise = shape.multiplier > 0;
    const int32_t outputs = depthwise ? in[3] * shape.multiplier : shape.outputs;
    Window window;
    window.window_h = window.window_w = shape.size;
    window.stride_h = window.stride_w = shape.stride;
    window.padding = shape.padding;
    window.groups = depthwise ? 1 : shape.groups;
    window.depth_multiplier = std::max(shape.multiplier, 1);
    const std::vector<int32_t> out = {in[0], SmallNetwork::Slide(in[1], shape, 0),
                                      SmallNetwork::Slide(in[2], shape, 0), outputs};
    const std::vector<int32_t> filter =
        depthwise ? std::vector<int32_t>{1, shape.size, shape.size, outputs}
                  : std::vector<int32_t>{outputs, shape.size, shape.size, in[3] / shape.groups};
    const int weights = Random(filter, 0.5F);
    const int bias = shape.bias ? Random({outputs}, 0.2F) : kNoTensor;
    return Add(depthwise ? Op::kDepthwiseConv2D : Op::kConv2D, {input, weights, bias}, out, window,
               shape.activation);
  }
  int Dense(int input, int32_t outputs) {
    const auto depth = static_cast<int32_t>(TensorOf(graph_, input).elements());
    const int weights = Random({outputs, depth}, 0.3F);
    const int bias = Random({outputs}, 0.1F);
    return Add(Op::kFullyConnected, {input, weights, bias}, {1, outputs});
  }

  Samples RandomSamples(size_t count, float most = 1) {
    Samples samples{.count = count, .inputs = {}};
    for (int input : graph_.inputs) {
      std::vector<float> values(count * static_cast<size_t>(TensorOf(graph_, input).elements()));
      for (float& value : values) value = Next(most);
      samples.inputs.push_back(std::move(values));
    }
    return samples;
  }

 private:
  Graph graph_;
  std::minstd_rand random_;
};

// conv, depthwise, pool, add, mean, dense, softmax: one of each, with activations.
inline SmallFloat EveryFloat(uint32_t seed, bool softmax = true) {
  SmallFloat net(seed);
  const int in = net.Input({1, 8, 8, 3});
  const int a = net.Conv(in, {.outputs = 8, .size = 3, .activation = Activation::kRelu});
  const int b = net.Conv(a, {.size = 3, .multiplier = 1, .activation = Activation::kRelu6});
  const int c = net.Conv(b, {.outputs = 8, .size = 1});
  const int d = net.Add(Op::kAdd, {a, c}, net.Dims(a), {}, Activation::kRelu);
  Window window;
  window.window_h = window.window_w = window.stride_h = window.stride_w = 2;
  const int e = net.Add(Op::kMaxPool2D, {d}, {1, 4, 4, 8}, window);
  const int f = net.Add(Op::kAveragePool2D, {e}, {1, 2, 2, 8}, window);
  const int g = net.Add(Op::kReshape, {f}, {1, 32});
  int h = net.Dense(g, 5);
  if (softmax) h = net.Add(Op::kSoftmax, {h}, {1, 5}, SoftmaxBeta{});
  net.graph().outputs = {h};
  return net;
}

}  // namespace covey::compiler
