#include "compiler/approximate/tune.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "compiler/approximate/backward.hpp"
#include "compiler/approximate/float_layer.hpp"
#include "compiler/approximate/gemm.hpp"
#include "compiler/approximate/projection.hpp"
#include "compiler/approximate/small_data.hpp"
#include "compiler/approximate/study.hpp"
#include "compiler/passes/small_network.hpp"
#include "compiler/pipeline.hpp"
#include "compiler/quantize/int8_network.hpp"
#include "core/host/diag_text.hpp"

namespace covey::compiler {
namespace {

Graph Network(uint32_t seed) {
  SmallNetwork net(seed);
  int x = net.Input({1, 8, 8, 4});
  x = net.Conv(x, {.outputs = 16, .size = 3});
  x = net.Conv(x, {.outputs = 16, .size = 3});
  x = net.Conv(x, {.outputs = 6, .size = 1});
  net.graph().outputs = {x};
  Tame(net.graph(), seed);
  return net.graph();
}

double MeanSquare(const Answers& a, const Answers& b) {
  double sum = 0;
  for (size_t i = 0; i < a.outputs.size(); ++i) {
    const double off = double{a.outputs[i]} - double{b.outputs[i]};
    sum += off * off;
  }
  return sum / static_cast<double>(a.outputs.size());
}

TEST(Gemm, MultipliesAndAdds) {
  std::mt19937 random(3);
  for (const GemmSize size : {GemmSize{1, 16, 1}, {7, 48, 9}, {13, 32, 30}, {25, 16, 4}}) {
    std::vector<float> a(size.m * size.k), turned(a.size()), b(size.k * size.n), c(size.m * size.n);
    for (std::vector<float>* of : {&a, &b, &c})
      for (float& value : *of) value = static_cast<float>(random() % 21) - 10;
    for (size_t m = 0; m < size.m; ++m)
      for (size_t k = 0; k < size.k; ++k) turned[k * size.m + m] = a[m * size.k + k];
    std::vector<float> expected = c, other = c;
    for (size_t m = 0; m < size.m; ++m)
      for (size_t n = 0; n < size.n; ++n)
        for (size_t k = 0; k < size.k; ++k)
          expected[m * size.n + n] += a[m * size.k + k] * b[k * size.n + n];
    MultiplyAdd({a.data(), size.k, 1}, b.data(), size.n, c.data(), size.n, size);
    MultiplyAdd({turned.data(), 1, size.m}, b.data(), size.n, other.data(), size.n, size);
    EXPECT_EQ(c, expected);
    EXPECT_EQ(other, expected);
  }
}

TEST(FloatLayer, GivesTheKernelsBytesButForItsRounding) {
  const Graph graph = Network(5);
  DiagText diag;
  const auto network = Int8Network::Prepare(graph, diag);
  ASSERT_TRUE(network.ok()) << diag.Text();
  const ByteSamples samples = SmoothSamples(graph, 1, 4);
  Batch<std::byte> batch(1, graph.tensors.size());
  batch.values[static_cast<size_t>(graph.inputs[0])] = samples.inputs[0];
  for (const Layer& layer : LayersOf(graph)) {
    network->RunNode(layer.node, batch);
    const std::vector<std::byte>& exact = batch.values[static_cast<size_t>(layer.output)];
    std::vector<std::byte> got(exact.size());
    std::vector<float> windows;
    FloatLayer(layer).Forward(batch.values[static_cast<size_t>(layer.input)], windows, got);
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_NEAR(static_cast<int8_t>(got[i]), static_cast<int8_t>(exact[i]), 1);
  }
}

// A weight's slope says what the sum of outputs changes by, away from rounding and ends.
TEST(FloatLayer, SlopesAreWhatOutputsChangeBy) {
  const Graph graph = Network(6);
  const Layer layer = LayersOf(graph)[1];
  FloatLayer real(layer);
  std::vector<std::byte> input(graph.tensors[static_cast<size_t>(layer.input)].bytes());
  std::mt19937 random(2);
  for (std::byte& byte : input) byte = static_cast<std::byte>(random() % 41);
  std::vector<std::byte> output(graph.tensors[static_cast<size_t>(layer.output)].bytes());
  std::vector<float> windows;
  real.Forward(input, windows, output);
  const std::vector<float> g(output.size(), 1.0F);
  Slopes slopes = real.NoSlopes();
  std::vector<float> g_in(input.size(), 0.0F);
  real.Backward(windows, output, g, slopes, &g_in);
  const size_t operand = 40, row = 3;
  const auto inside = [&](std::byte byte) {
    return static_cast<int8_t>(byte) > layer.attr.activation_min &&
           static_cast<int8_t>(byte) < layer.attr.activation_max;
  };
  double expected = 0, of_input = 0;
  std::vector<float> x(static_cast<size_t>(layer.operands));
  for (int64_t p = 0; p < layer.positions; ++p) {
    layer.Window(input, p, x.data());
    if (inside(output[static_cast<size_t>(p * layer.rows) + row])) expected += double{x[operand]};
  }
  EXPECT_NEAR(real.SlopeOf(slopes, row, operand), expected, 1e-2 + std::abs(expected) * 1e-4);
  // The input pixel (4, 4), channel 2, is in nine windows.
  for (int32_t ky = 0; ky < 3; ++ky)
    for (int32_t kx = 0; kx < 3; ++kx) {
      const int32_t y = 4 + layer.attr.pad_top - ky, at = 4 + layer.attr.pad_left - kx;
      for (int32_t r = 0; r < layer.rows; ++r) {
        if (!inside(output[static_cast<size_t>((y * layer.out[2] + at) * layer.rows + r)]))
          continue;
        const auto weight = static_cast<size_t>((ky * 3 + kx) * layer.channels + 2);
        of_input += layer.row(r)[weight] * layer.step[static_cast<size_t>(r)];
      }
    }
  EXPECT_NEAR(g_in[static_cast<size_t>((4 * layer.in[2] + 4) * layer.channels + 2)], of_input,
              1e-3);
}

TEST(Projection, PutsWeightsOnTheRules) {
  const std::vector<SkipRule> rules{{{0, 1}, {1, 1}, {2, 1}}, {{0, 1}, {1, -1}, {2, 1}}, {{4, 1}}};
  const Projection onto(6, {{{1}, rules}});
  std::vector<float> weights{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6};
  onto.Apply(weights);
  const std::vector<float> expected{1, 2, 3, 4, 5, 6, -1, 0, 1, 4, 0, 6};
  for (size_t i = 0; i < weights.size(); ++i) EXPECT_NEAR(weights[i], expected[i], 1e-5) << i;
}

TEST(Tune, MendsMoreThanRefittingAndKeepsTheRules) {
  const Graph graph = Network(21);
  const ByteSamples samples = SmoothSamples(graph, 200, 1), fresh = SmoothSamples(graph, 60, 2);
  DiagText diag;
  const Result<Study> study = Study::Make(graph, samples, {.windows = 2000}, diag);
  ASSERT_TRUE(study.ok()) << diag.Text();
  const Removal removal = study->FormsByPrice(3e-3);
  const Study::Patterns patterns = study->PatternsFor(removal);
  size_t rules = 0;
  for (const auto& layer : patterns)
    for (const Pattern& pattern : layer) rules += pattern.zero.size();
  ASSERT_GT(rules, 50u);
  const Result<Graph> refitted = study->Apply(removal, diag);
  ASSERT_TRUE(refitted.ok()) << diag.Text();
  const TuneOptions options{.visits = 1600, .batch = 16, .classes = false, .windows = 2000};
  const Result<Graph> tuned = Tune(*refitted, patterns, samples, graph, options, diag);
  ASSERT_TRUE(tuned.ok()) << diag.Text();
  const std::vector<Layer> layers = LayersOf(*tuned);
  for (size_t l = 0; l < layers.size(); ++l)
    for (const Pattern& pattern : patterns[l])
      for (const int32_t row : pattern.rows)
        EXPECT_TRUE(Keeps(pattern.zero, layers[l].row(row).data()));
  const auto exact = AnswersOf(graph, fresh, nullptr, diag);
  const auto before = AnswersOf(*refitted, fresh, nullptr, diag);
  const auto after = AnswersOf(*tuned, fresh, nullptr, diag);
  ASSERT_TRUE(exact.ok() && before.ok() && after.ok()) << diag.Text();
  EXPECT_LT(MeanSquare(*exact, *after), 0.9 * MeanSquare(*exact, *before));
  const Result<Graph> again = Tune(*refitted, patterns, samples, graph, options, diag);
  ASSERT_TRUE(again.ok());
  const std::vector<Layer> same = LayersOf(*again);
  for (size_t l = 0; l < layers.size(); ++l) EXPECT_EQ(layers[l].weights, same[l].weights);
}

TEST(Tune, RefusesWhatItHasNoRuleFor) {
  SmallNetwork net(3);
  int x = net.Input({1, 4, 4, 4});
  x = net.Conv(x, {.outputs = 8, .size = 1});
  Node& node = net.graph().nodes.emplace_back();
  node.op = Op::kConcat, node.name = "twice", node.inputs = {x, x};
  node.attributes = Concat{3};
  Tensor made = net.graph().tensors[static_cast<size_t>(x)];
  made.name = "twice", made.dims.back() *= 2;
  node.outputs = {static_cast<int>(net.graph().tensors.size())};
  net.graph().tensors.push_back(made);
  x = net.Conv(node.outputs[0], {.outputs = 4, .size = 1});
  net.graph().outputs = {x};
  EXPECT_FALSE(CanTune(net.graph()));
  EXPECT_TRUE(CanTune(Network(1)));
}

// Ops that only move bytes move slopes back to where the bytes came from.
TEST(Backward, MovesSlopesBackAsBytesCame) {
  SmallNetwork net(9);
  const int x = net.Input({1, 4, 6, 3});
  Graph& graph = net.graph();
  const auto add = [&](Op op, std::vector<int32_t> dims, Attributes attributes) {
    Tensor made = graph.tensors[static_cast<size_t>(x)];
    made.dims = std::move(dims);
    graph.tensors.push_back(made);
    Node& node = graph.nodes.emplace_back();
    node.op = op, node.name = OpName(op), node.inputs = {x};
    node.outputs = {static_cast<int>(graph.tensors.size()) - 1};
    node.attributes = std::move(attributes);
    graph.outputs.push_back(node.outputs[0]);
  };
  graph.outputs.clear();
  add(Op::kTranspose, {1, 3, 4, 6}, Permutation{{0, 3, 1, 2}});
  add(Op::kMaxPool2D, {1, 2, 3, 3},
      Window{.window_h = 2, .window_w = 2, .stride_h = 2, .stride_w = 2});
  add(Op::kAveragePool2D, {1, 2, 3, 3},
      Window{.window_h = 2, .window_w = 2, .stride_h = 2, .stride_w = 2});
  DiagText diag;
  const auto network = Int8Network::Prepare(graph, diag);
  ASSERT_TRUE(network.ok()) << diag.Text();
  Batch<std::byte> batch(1, graph.tensors.size());
  std::vector<std::byte>& input = batch.values[static_cast<size_t>(x)];
  for (int i = 0; i < 72; ++i) input.push_back(static_cast<std::byte>(i * 37 % 101 - 50));
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    network->RunNode(n, batch);
    const Node& node = graph.nodes[n];
    const auto lowered = Lower(graph, node, diag);
    ASSERT_TRUE(lowered.ok() && HasBackward(graph, node, *lowered));
    std::vector<std::vector<float>> slopes(graph.tensors.size());
    slopes[static_cast<size_t>(x)].assign(72, 0.0F);
    double sent = 0, came = 0;
    for (const std::byte byte : batch.values[static_cast<size_t>(node.outputs[0])]) {
      slopes[static_cast<size_t>(node.outputs[0])].push_back(static_cast<int8_t>(byte));
      sent += static_cast<int8_t>(byte);
    }
    Backward(graph, node, *lowered, batch, slopes);
    for (size_t i = 0; i < 72; ++i) {
      const float slope = slopes[static_cast<size_t>(x)][i];
      came += double{slope};
      if (node.op == Op::kAveragePool2D || slope == 0) continue;
      EXPECT_EQ(slope, static_cast<float>(static_cast<int8_t>(input[i]))) << OpName(node.op);
    }
    EXPECT_NEAR(sent, came, 1e-3) << OpName(node.op);
  }
}

}  // namespace
}  // namespace covey::compiler
