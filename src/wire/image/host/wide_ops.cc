// What EveryOpContents leaves out: int16 activations, products, and ops that keep state.
#include "wire/image/host/builder.hpp"
#include "wire/image/host/sample.hpp"

namespace covey::wire {
namespace {

constexpr int32_t kHalf = 1 << 30;  // one half, Q0.31

std::vector<int32_t> Params(size_t channels, int32_t shift) {
  std::vector<int32_t> params(channels, kHalf);
  params.resize(2 * channels, shift);
  return params;
}

ConvAttr Wide(ConvAttr attr) {
  attr.activation_min = -32768;
  attr.activation_max = 32767;
  return attr;
}

// Layers of float32, whose result nobody reads.
void AddFloatLayers(Builder& net, uint16_t x) {
  const auto constant = [&](std::vector<int32_t> dims) {
    return net.Constant(DType::kFloat32, std::move(dims));
  };
  const auto then = [&](Op op, std::vector<uint16_t> more, std::vector<int32_t> dims,
                        const auto& attr, std::vector<int32_t> params = {}) {
    more.insert(more.begin(), x);
    const auto output = net.Activation(DType::kFloat32, std::move(dims));
    net.Then(op, std::move(more), output, attr, std::move(params));
    x = output;
  };
  then(Op::kConv2D, {constant({3, 3, 3, 2}), constant({3})}, {1, 4, 4, 3},
       ConvAttr{.pad_top = 1, .pad_left = 1});
  then(Op::kDepthwiseConv2D, {constant({1, 2, 2, 3})}, {1, 3, 3, 3}, ConvAttr{});
  then(Op::kTransposeConv, {constant({2, 2, 2, 3})}, {1, 4, 4, 2}, ConvAttr{});
  then(Op::kPad, {}, {1, 5, 5, 2}, PadAttr{.before = {0, 1, 1, 0}, .value = 0x3F800000});
  then(Op::kResizeBilinear, {}, {1, 1, 2, 2}, UnaryAttr{}, {0, 1, 0, 2, 3, 0, 4, 4, 0x3F000000});
  then(Op::kMul, {constant({2})}, {1, 1, 2, 2}, MulAttr{});
  then(Op::kPrelu, {constant({1})}, {1, 1, 2, 2}, PreluAttr{});
  then(Op::kBatchMatMul, {constant({2, 3})}, {1, 1, 2, 3}, BatchMatMulAttr{});
  then(Op::kAveragePool2D, {}, {1, 1, 1, 3}, PoolAttr{.window_w = 2});
  then(Op::kMean, {}, {1, 3}, MeanAttr{.axes = 6});
  then(Op::kFullyConnected, {constant({4, 3}), constant({4})}, {1, 4}, ConvAttr{});
  then(Op::kSub, {constant({4})}, {1, 4}, AddAttr{});
  for (int kind = 0; kind < static_cast<int>(UnaryKind::kTable); kind += 3)
    then(Op::kUnary, {}, {1, 4}, UnaryAttr{.kind = kind});
  then(Op::kRelu, {}, {1, 4}, RequantizeAttr{});
  then(Op::kSoftmax, {}, {1, 4}, SoftmaxAttr{.multiplier = 0x3F800000});
}

// float -> int16 layers -> int8 (1,2,2,3)
uint16_t AddWideLayers(Builder& net) {
  const auto input = net.Activation(DType::kFloat32, {1, 4, 4, 2});
  net.contents().inputs = {input};
  AddFloatLayers(net, input);
  const auto x = net.Activation(DType::kInt16, {1, 4, 4, 2});
  const RequantizeAttr from_float{.activation_min = -32768, .activation_max = 32767};
  net.Then(Op::kQuantize, {input}, x, from_float);
  const auto conv = net.Activation(DType::kInt16, {1, 4, 4, 3});
  net.Then(Op::kConv2D,
           {x, net.Constant(DType::kInt8, {3, 3, 3, 2}), net.Constant(DType::kInt64, {3})}, conv,
           Wide({.pad_top = 1, .pad_left = 1}), Params(3, -5));
  const auto depthwise = net.Activation(DType::kInt16, {1, 3, 3, 3});
  net.Then(Op::kDepthwiseConv2D,
           {conv, net.Constant(DType::kInt8, {1, 2, 2, 3}), net.Constant(DType::kInt32, {3})},
           depthwise, Wide({}), Params(3, -5));
  const auto sum = net.Activation(DType::kInt16, {1, 3, 3, 3});
  net.Then(Op::kAdd, {depthwise, net.Constant(DType::kInt16, {3})}, sum,
           AddAttr{.left_shift = 15,
                   .input0_multiplier = kHalf,
                   .input1_multiplier = kHalf,
                   .output_multiplier = kHalf,
                   .output_shift = -13,
                   .activation_min = -32768,
                   .activation_max = 32767});
  const auto softmax = net.Activation(DType::kInt16, {1, 3, 3, 3});
  net.Then(Op::kSoftmax, {sum}, softmax, SoftmaxAttr{.multiplier = kHalf, .shift = 3},
           std::vector<int32_t>(514, 0x20001000));
  const auto pool = net.Activation(DType::kInt16, {1, 2, 2, 3});
  net.Then(
      Op::kAveragePool2D, {softmax}, pool,
      PoolAttr{.window_h = 2, .window_w = 2, .activation_min = -32768, .activation_max = 32767});
  const auto narrow = net.Activation(DType::kInt8, {1, 2, 2, 3});
  net.Then(Op::kQuantize, {pool}, narrow,
           RequantizeAttr{.output_offset = -5, .multiplier = kHalf, .shift = -5});
  return narrow;
}

// int8 (1,2,2,3) -> (1,2), with a state of three steps
uint16_t AddFilters(Builder& net, uint16_t x) {
  const auto spread = net.Activation(DType::kInt8, {1, 4, 4, 2});
  net.Then(Op::kTransposeConv, {x, net.Constant(DType::kInt8, {2, 3, 3, 3})}, spread,
           ConvAttr{.stride_h = 2, .stride_w = 2, .input_offset = 5}, Params(2, -5));
  const auto row = net.Activation(DType::kInt8, {1, 32});
  net.Then(Op::kReshape, {spread}, row, TransposeAttr{});
  const auto filtered = net.Activation(DType::kInt8, {1, 2});
  net.Then(Op::kSvdf,
           {row, net.Constant(DType::kInt8, {4, 32}), net.Constant(DType::kInt16, {4, 3}),
            net.Constant(DType::kInt32, {2}), net.State(DType::kInt16, {1, 12})},
           filtered,
           SvdfAttr{.rank = 2,
                    .input_zero_point = -5,
                    .feature_multiplier = kHalf,
                    .feature_shift = -2,
                    .output_multiplier = kHalf,
                    .output_shift = -6});
  return filtered;
}

}  // namespace

ImageContents WideOpsContents() {
  Builder net;
  net.contents().name = "wide ops";
  const auto filtered = AddFilters(net, AddWideLayers(net));
  const auto product = net.Activation(DType::kInt8, {1, 6});
  net.Then(Op::kBatchMatMul, {filtered, net.Constant(DType::kInt8, {2, 6})}, product,
           BatchMatMulAttr{.input0_offset = 5, .multiplier = kHalf, .shift = -5});
  const auto steps = net.Activation(DType::kInt8, {1, 2, 3});
  net.Then(Op::kReshape, {product}, steps, TransposeAttr{});
  const auto lstm = net.Activation(DType::kInt8, {1, 2, 2});
  net.Then(Op::kLstm,
           {steps, net.Constant(DType::kInt8, {4, 2, 3}), net.Constant(DType::kInt8, {4, 2, 2}),
            net.Constant(DType::kInt32, {8, 2}), net.State(DType::kInt8, {1, 2}),
            net.State(DType::kInt16, {1, 2})},
           lstm, LstmAttr{.hidden_multiplier = kHalf, .hidden_shift = -22, .hidden_zero_point = 3},
           std::vector<int32_t>{kHalf, kHalf, kHalf, kHalf, -1, -1, -1, -1,  //
                                kHalf, kHalf, kHalf, kHalf, -2, -2, -2, -2});
  const auto smallest = net.Activation(DType::kInt32, {1, 2});
  net.Then(Op::kArgMin, {lstm}, smallest, ArgMinMaxAttr{.axis = 2});
  const auto largest = net.Activation(DType::kInt64, {1});
  net.Then(Op::kArgMax, {smallest}, largest, ArgMinMaxAttr{.axis = 1});
  net.contents().outputs = {lstm, largest};
  return net.contents();
}

}  // namespace covey::wire
