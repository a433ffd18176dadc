#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "compiler/passes/compare.hpp"
#include "compiler/passes/small_network.hpp"
#include "compiler/pipeline.hpp"

namespace covey::compiler {
namespace {

int ByteAt(int i) { return static_cast<int8_t>(i * 37 % 251 - 120); }

struct Case {
  ConvShape shape;
  int32_t zero_point;
};

// The sum for output channel `o` at (y, x), written down anew: windows lie inside.
int64_t SumAt(const Graph& graph, const ConvShape& shape, int y, int x, int32_t o) {
  const Node& node = graph.nodes[0];
  const Tensor &in = TensorOf(graph, node.inputs[0]), &w = TensorOf(graph, node.inputs[1]);
  const int32_t channels = in.dims[3], outputs = TensorOf(graph, node.outputs[0]).dims[3];
  const bool depthwise = shape.multiplier > 0;
  const int32_t groups = depthwise ? channels : shape.groups, each = channels / groups;
  const int32_t group = o / (outputs / groups);
  const size_t scale = w.quant.zero_points.size() > 1 ? static_cast<size_t>(o) : 0;
  int64_t sum = 0;
  for (int ky = 0; ky < shape.size; ++ky) {
    for (int kx = 0; kx < shape.size; ++kx) {
      for (int i = 0; i < each; ++i) {
        const int pixel = (y + ky) * in.dims[2] + x + kx;
        const int at = depthwise ? (ky * shape.size + kx) * outputs + o
                                 : ((o * shape.size + ky) * shape.size + kx) * each + i;
        const int weight = static_cast<int8_t>((*w.data)[static_cast<size_t>(at)]);
        sum += (ByteAt(pixel * channels + group * each + i) - in.quant.zero_points[0]) *
               (weight - w.quant.zero_points[scale]);
      }
    }
  }
  return sum;
}

void ExpectTheSameSums(const Case& each, bool per_channel) {
  SmallNetwork net(11);
  const int input = net.Activation8({1, 4, 5, 4}, 0.05F, -7);
  net.graph().inputs = {input};
  ConvShape shape = each.shape;
  shape.padding = Padding::kValid;
  shape.bias = false;
  shape.per_channel = per_channel;
  const int output = net.Conv(input, shape);
  net.graph().outputs = {output};
  Graph& graph = net.graph();
  Tensor& weights = TensorOf(graph, graph.nodes[0].inputs[1]);
  std::fill(weights.quant.zero_points.begin(), weights.quant.zero_points.end(), each.zero_point);
  TensorOf(graph, output).quant = {.scales = {0.4F}, .zero_points = {-3}, .axis = -1};

  Compiled compiled(Passed(graph));
  ASSERT_TRUE(compiled.ok());
  const auto bytes = compiled.Run([i = 0]() mutable { return ByteAt(i++); });
  const auto& dims = TensorOf(graph, output).dims;
  ASSERT_EQ(bytes.size(), static_cast<size_t>(TensorOf(graph, output).elements()));
  for (size_t i = 0; i < bytes.size(); ++i) {
    const int o = static_cast<int>(i) % dims[3], pixel = static_cast<int>(i) / dims[3];
    const float scale = weights.quant.scales[per_channel ? static_cast<size_t>(o) : 0];
    const double sum =
        static_cast<double>(SumAt(graph, shape, pixel / dims[2], pixel % dims[2], o));
    const double real = sum * 0.05 * double{scale} / 0.4 - 3;
    EXPECT_NEAR(static_cast<int8_t>(bytes[i]), std::clamp(real, -128.0, 127.0), 0.52) << i;
  }
}

TEST(WeightZeros, AreSubtractedExactlyFromWeightsThatNeedTwoOrThreeBytes) {
  const ConvShape plain{.outputs = 6, .size = 3}, grouped{.outputs = 6, .size = 2, .groups = 2},
      depthwise{.size = 2, .multiplier = 2};
  for (const int32_t zero_point : {3, -90, 127, -128}) {
    SCOPED_TRACE(zero_point);
    for (const bool per_channel : {false, true}) {
      ExpectTheSameSums({plain, zero_point}, per_channel);
      ExpectTheSameSums({grouped, zero_point}, per_channel);
      ExpectTheSameSums({depthwise, zero_point}, per_channel);
    }
  }
}

}  // namespace
}  // namespace covey::compiler
