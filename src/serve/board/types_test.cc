// Ops of int16 and of float on each board, against the bytes of the host: networks of many ops side
// by side, one output each.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "compiler/compile.hpp"
#include "compiler/passes/small_network.hpp"
#include "compiler/quantize/small_float.hpp"
#include "compiler/signal/signal.hpp"
#include "serve/board/board.hpp"
#include "serve/board/test_board.hpp"
#include "serve/board/test_interpret.hpp"

namespace covey::serve {
namespace {

using compiler::Graph;
using compiler::SmallNetwork;
using compiler::Unary;
using Bytes = std::vector<std::byte>;
using Dims = std::vector<int32_t>;

// int16 with int8 weights, scales of 2^-12 and about.
class WideNetwork {
 public:
  WideNetwork() : net_(31), x_(Take()), y_(Take()) {}

  int x() const { return x_; }
  int y() const { return y_; }
  Dims picture() { return net_.Dims(x_); }
  SmallNetwork& net() { return net_; }
  int Add(Op op, std::vector<int> inputs, Dims dims, float scale,
          compiler::Attributes attributes = {},
          compiler::Activation activation = compiler::Activation::kNone) {
    const int out = net_.Activation8(std::move(dims), scale, 0);
    return Give(net_.Op1(op, std::move(inputs), out, std::move(attributes), activation));
  }
  int Give(int output) {
    net_.graph().outputs.push_back(output);
    return output;
  }
  int Function(UnaryKind kind, float scale, float alpha = 0) {
    return Add(Op::kUnary, {x_}, picture(), scale,
               Unary{.kind = kind,
                     .alpha = alpha,
                     .arithmetic = compiler::Arithmetic::kTflite,
                     .table = nullptr});
  }
  // Every tensor that is computed becomes int16.
  Graph Finish() {
    for (compiler::Tensor& tensor : net_.graph().tensors) {
      if (tensor.constant() || tensor.dtype != DType::kInt8) continue;
      tensor.dtype = DType::kInt16;
      tensor.quant.zero_points.assign(tensor.quant.scales.size(), 0);
    }
    return net_.graph();
  }

 private:
  int Take() {
    const int input = net_.Input({1, 6, 5, 4});
    compiler::TensorOf(net_.graph(), input).quant.scales = {0x1p-12F};
    return input;
  }

  SmallNetwork net_;
  int x_, y_;
};

constexpr float kStep = 0x1p-12F, kOne = 1 / 32768.0F;

Graph WideLayers() {
  WideNetwork wide;
  SmallNetwork& net = wide.net();
  const int x = wide.x(), y = wide.y();
  wide.Give(net.Conv(x, {.outputs = 5, .size = 3}));
  wide.Give(net.Conv(x, {.outputs = 4, .size = 2, .stride = 2, .groups = 2}));
  wide.Give(net.Conv(y, {.size = 3, .multiplier = 2}));
  wide.Give(net.FullyConnected(x, 120, 3, true));
  compiler::Window window;
  window.window_h = window.window_w = 2, window.stride_h = window.stride_w = 2;
  wide.Add(Op::kAveragePool2D, {x}, {1, 3, 2, 4}, kStep, window);
  wide.Add(Op::kMaxPool2D, {y}, {1, 3, 2, 4}, kStep, window);
  wide.Add(Op::kMean, {x}, {1, 4}, kStep, compiler::Reduce{.axes = {1, 2}});
  wide.Add(Op::kSoftmax, {x}, wide.picture(), kOne, compiler::SoftmaxBeta{});
  wide.Add(Op::kPad, {x}, {1, 8, 6, 4}, kStep,
           compiler::Pads{.before = {0, 1, 0, 0}, .after = {0, 1, 1, 0}});
  wide.Add(Op::kTranspose, {x}, {1, 5, 6, 4}, kStep, compiler::Permutation{{0, 2, 1, 3}});
  const compiler::Resize tflite{.as_tflite = true};
  wide.Add(Op::kResizeNearest, {x}, {1, 9, 7, 4}, kStep, tflite);
  wide.Add(Op::kResizeBilinear, {x}, {1, 9, 7, 4}, kStep, tflite);
  wide.Add(Op::kBatchMatMul, {x, y}, {1, 6, 5, 5}, 0x1p-10F, compiler::MatMul{false, true});
  return wide.Finish();
}

Graph WideElements() {
  WideNetwork wide;
  const int x = wide.x(), y = wide.y();
  const Dims dims = wide.picture();
  wide.Add(Op::kAdd, {x, y}, dims, 0x1p-11F);
  wide.Add(Op::kSub, {x, y}, dims, 0x1p-11F, {}, compiler::Activation::kRelu);
  wide.Add(Op::kMul, {x, y}, dims, 0x1p-10F);
  wide.Add(Op::kMaximum, {x, y}, dims, kStep);
  wide.Add(Op::kMinimum, {x, y}, dims, kStep);
  wide.Add(Op::kPrelu, {x, y}, dims, 0x1p-10F);
  wide.Add(Op::kRelu, {x}, dims, kStep, {}, compiler::Activation::kRelu);
  wide.Add(Op::kQuantize, {x}, dims, 0x1.3p-12F);
  wide.Function(UnaryKind::kLogistic, kOne);
  wide.Function(UnaryKind::kTanh, kOne);
  wide.Function(UnaryKind::kLeakyRelu, kStep, 0.3F);
  wide.Function(UnaryKind::kAbs, 0x1.8p-12F);
  wide.Function(UnaryKind::kExp, 0x1p-4F);
  wide.Function(UnaryKind::kGelu, kStep);
  wide.Function(UnaryKind::kHardSwish, kStep);
  return wide.Finish();
}

// The functions of one float, from `first` on, in one network.
Graph Functions(int first, int count) {
  compiler::SmallFloat net(7);
  const int x = net.Input({1, 5, 7});
  // Roots, logarithms and powers take what is positive.
  const int square = net.Add(Op::kMul, {x, x}, {1, 5, 7});
  for (int i = first; i < first + count; ++i) {
    const auto kind = static_cast<UnaryKind>(i);
    const bool positive = kind == UnaryKind::kSqrt || kind == UnaryKind::kRsqrt ||
                          kind == UnaryKind::kLog || kind == UnaryKind::kPower;
    const Unary unary{.kind = kind, .alpha = 0.3F, .beta = 1, .table = nullptr};
    net.graph().outputs.push_back(net.Add(Op::kUnary, {positive ? square : x}, {1, 5, 7}, unary));
  }
  return net.graph();
}

Graph FloatLayers() { return compiler::EveryFloat(3).graph(); }
constexpr int kFunctions = static_cast<int>(UnaryKind::kTable);
Graph SomeFunctions() { return Functions(0, 15); }
Graph OtherFunctions() { return Functions(15, kFunctions - 15); }

// 48 kHz to cepstra of 16 kHz.
Graph Cepstra() {
  NoDiag quiet;
  return *compiler::MfccGraph({.from_rate = 48000, .samples = 900}, {}, {DType::kInt8, 0.25F, 9},
                              quiet);
}
Graph Lines() {
  NoDiag quiet;
  return *compiler::FftGraph({.samples = 200}, quiet);
}

struct Network {
  const char* name;
  Graph (*make)();
};
void PrintTo(const Network& network, std::ostream* out) { *out << network.name; }

class TypesOnBoard : public testing::TestWithParam<std::tuple<const char*, Network>> {};

Bytes RandomInputs(const Graph& graph) {
  std::minstd_rand random(5);
  Bytes inputs;
  for (int sample = 0; sample < 3; ++sample) {
    for (const int input : graph.inputs) {
      const compiler::Tensor& tensor = graph.tensors[static_cast<size_t>(input)];
      for (int64_t i = 0; i < tensor.elements(); ++i) {
        const auto at = inputs.size();
        if (tensor.dtype == DType::kFloat32) {
          const float value = static_cast<float>(random() % 80001) / 10000.0F - 4.0F;
          inputs.resize(at + sizeof(value));
          std::memcpy(inputs.data() + at, &value, sizeof(value));
        } else {
          const auto value = static_cast<int16_t>(random() >> 9);
          inputs.resize(at + sizeof(value));
          std::memcpy(inputs.data() + at, &value, sizeof(value));
        }
      }
    }
  }
  return inputs;
}

TEST_P(TypesOnBoard, GiveTheHostsBytes) {
  const auto& [board, network] = GetParam();
  DiagText diag;
  if (const auto missing = test::MissingFor(board)) GTEST_SKIP() << *missing;
  const Graph graph = network.make();
  const auto target = compiler::TargetOf(board, diag);
  ASSERT_TRUE(target.ok()) << diag.Text();
  const auto image = compiler::Compile(graph, diag, {.target = *target});
  ASSERT_TRUE(image.ok()) << image.status().message() << ": " << diag.Text();
  const Bytes inputs = RandomInputs(graph);
  const auto run = RunOnBoard(
      {.board = board, .image = *image, .inputs = inputs, .count_instructions = false}, diag);
  ASSERT_TRUE(run.ok()) << run.status().message() << ": " << diag.Text();
  const Bytes here = test::Interpret(*image, inputs);
  ASSERT_EQ(run->outputs.size(), here.size());
  const auto differ = std::mismatch(here.begin(), here.end(), run->outputs.begin()).first;
  EXPECT_EQ(differ - here.begin(), static_cast<std::ptrdiff_t>(here.size()));
}

INSTANTIATE_TEST_SUITE_P(Each, TypesOnBoard,
                         testing::Combine(testing::Values("m33", "m4", "m55", "rv32"),
                                          testing::Values(Network{"wide_layers", WideLayers},
                                                          Network{"wide_elements", WideElements},
                                                          Network{"float_layers", FloatLayers},
                                                          Network{"functions", SomeFunctions},
                                                          Network{"more_functions", OtherFunctions},
                                                          Network{"cepstra", Cepstra},
                                                          Network{"lines", Lines})),
                         [](const auto& each) {
                           return std::string(std::get<0>(each.param)) + "_" +
                                  std::get<1>(each.param).name;
                         });

}  // namespace
}  // namespace covey::serve
