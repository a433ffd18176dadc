// Bytes at the rim and between: an ONNX network of bytes runs in int8, whatever its outputs are.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compiler/import/onnx/one_node.hpp"

namespace covey::compiler {
namespace {

std::vector<int> BytesOf(const Graph& graph) {
  Compiled compiled(graph);
  EXPECT_TRUE(compiled.ok());
  std::vector<int> numbers;
  if (!compiled.ok()) return numbers;
  for (std::byte byte : compiled.Run([i = 0]() mutable { return Byte(i++); })) {
    numbers.push_back(static_cast<int8_t>(byte));
  }
  return numbers;
}

Graph Read(const std::vector<std::byte>& file) {
  DiagText diag;
  const auto graph = ImportOnnx(file, diag);
  EXPECT_TRUE(graph.ok()) << diag.Text();
  return graph.ok() ? Passed(*graph) : Graph();
}

TEST(OnnxBytes, AnUnsignedOutputIsTheSignedOneShifted) {
  OneNode add("Add"), unsigned_add("Add");
  const Graph signed_graph = Read(add.Input({20}).Input({20}).Bytes({{20}}));
  const Graph graph = Read(unsigned_add.Input({20}).Input({20}).Unsigned().Bytes({{20}}));
  ASSERT_EQ(graph.outputs.size(), 1u);
  EXPECT_EQ(graph.tensors[static_cast<size_t>(graph.outputs[0])].dtype, DType::kUint8);
  for (const Node& node : graph.nodes) {
    EXPECT_NE(node.op, Op::kDequantize) << "computes in float";
  }
  std::vector<int> shifted = BytesOf(graph);
  for (int& number : shifted) number = static_cast<int8_t>(number ^ 0x80);
  EXPECT_EQ(shifted, BytesOf(signed_graph));
}

// An average into a third of the step is the nearest number there, not that of another rounding.
TEST(OnnxBytes, AnAverageIntoAFinerStepIsRoundedOnce) {
  constexpr float kThird = kStep / 3;
  const std::vector<int> got = BytesOf(Read(OneNode("AveragePool")
                                                .Input({1, 1, 8, 8})
                                                .List("kernel_shape", {3, 3})
                                                .Finer(kThird)
                                                .Bytes({{1, 1, 6, 6}})));
  ASSERT_EQ(got.size(), 36u);
  for (int i = 0; i < 36; ++i) {
    double sum = 0;
    for (int t = 0; t < 9; ++t) sum += RealOf((i / 6 + t / 3) * 8 + i % 6 + t % 3);
    const double exact = std::clamp(sum / 9 / double{kThird} + kZero, -128.0, 127.0);
    EXPECT_NEAR(got[static_cast<size_t>(i)], exact, 0.52) << i;
  }
}

}  // namespace
}  // namespace covey::compiler
