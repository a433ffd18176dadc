#include <gtest/gtest.h>

#include "compiler/compile.hpp"

namespace covey::compiler {
namespace {

int Add(Graph& graph, std::vector<int32_t> dims, bool constant, DType dtype = DType::kInt8) {
  Tensor tensor;
  tensor.dtype = dtype;
  tensor.dims = std::move(dims);
  if (constant) tensor.data = std::make_shared<const std::vector<std::byte>>(tensor.bytes());
  graph.tensors.push_back(tensor);
  return static_cast<int>(graph.tensors.size()) - 1;
}

uint64_t MacsOfOne(Graph graph, Node node) {
  graph.nodes = {std::move(node)};
  return Summarise(graph).macs;
}

TEST(Summarise, CountsEachWeightOfATransposedConvolutionOncePerInputPixel) {
  Graph graph;
  Node node;
  node.op = Op::kTransposeConv;
  node.inputs = {Add(graph, {1, 4, 5, 6}, false), Add(graph, {7, 3, 2, 6}, true)};
  node.outputs = {Add(graph, {1, 8, 10, 7}, false)};
  EXPECT_EQ(MacsOfOne(graph, node), 4U * 5 * 6 * 7 * 3 * 2);
}

TEST(Summarise, CountsProductsOfActivations) {
  for (const bool transposed : {false, true}) {
    Graph graph;
    Node node;
    node.op = Op::kBatchMatMul;
    node.inputs = {Add(graph, transposed ? std::vector{2, 9, 3} : std::vector{2, 3, 9}, false),
                   Add(graph, {2, 9, 5}, false)};
    node.outputs = {Add(graph, {2, 3, 5}, false)};
    node.attributes = MatMul{.transposed0 = transposed};
    EXPECT_EQ(MacsOfOne(graph, node), 2U * 3 * 5 * 9);
  }
}

TEST(Summarise, CountsRecurrentWeightsOncePerStep) {
  Graph graph;
  Node node;
  node.op = Op::kLstm;
  node.inputs = {Add(graph, {2, 10, 8}, false), Add(graph, {16, 8}, true),
                 Add(graph, {16, 4}, true),     Add(graph, {8, 4}, true, DType::kInt32),
                 Add(graph, {2, 4}, false),     Add(graph, {2, 4}, false)};
  node.outputs = {Add(graph, {2, 10, 4}, false)};
  EXPECT_EQ(MacsOfOne(graph, node), 2U * 10 * (16 * 8 + 16 * 4));
}

}  // namespace
}  // namespace covey::compiler
