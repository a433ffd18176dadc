// What the QOperator format is rewritten to, operator by operator.
#include "compiler/import/onnx/unfold.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace covey::compiler::onnx_import {
namespace {

using testing::ElementsAre;

void Put(::onnx::GraphProto& graph, const std::string& name, const std::vector<float>& values,
         const std::vector<int64_t>& dims) {
  auto& tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(::onnx::TensorProto::FLOAT);
  for (int64_t dim : dims) tensor.add_dims(dim);
  for (float value : values) tensor.add_float_data(value);
}

::onnx::NodeProto& AddNode(::onnx::GraphProto& graph, const std::string& op,
                           const std::vector<std::string>& inputs, const std::string& output) {
  auto& node = *graph.add_node();
  node.set_op_type(op);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  return node;
}

void Ints(::onnx::NodeProto& node, const std::string& name, const std::vector<int64_t>& values) {
  auto& attribute = *node.add_attribute();
  attribute.set_name(name);
  for (int64_t value : values) attribute.add_ints(value);
}

std::vector<std::string> OpsOf(const ::onnx::GraphProto& graph) {
  std::vector<std::string> ops;
  for (const auto& node : graph.node()) ops.push_back(node.op_type());
  return ops;
}

const ::onnx::NodeProto& Find(const ::onnx::GraphProto& graph, const std::string& op) {
  for (const auto& node : graph.node()) {
    if (node.op_type() == op) return node;
  }
  return graph.node(0);
}

std::vector<int64_t> IntsOf(const ::onnx::NodeProto& node, const std::string& name) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == name) return {attribute.ints().begin(), attribute.ints().end()};
  }
  return {};
}

TEST(Unfold, AQuantisedConvolutionIsOneBetweenPairs) {
  ::onnx::GraphProto graph;
  Put(graph, "xs", {0.5F}, {});
  Put(graph, "ws", {0.25F, 2}, {2});
  Put(graph, "w", std::vector<float>(18), {2, 1, 3, 3});
  auto& node =
      AddNode(graph, "QLinearConv", {"x", "xs", "xz", "w", "ws", "wz", "ys", "yz", "bias"}, "y");
  Ints(node, "pads", {1, 1, 1, 1});
  Unfold(graph);
  EXPECT_THAT(OpsOf(graph), ElementsAre("DequantizeLinear", "DequantizeLinear", "DequantizeLinear",
                                        "Conv", "QuantizeLinear"));
  EXPECT_THAT(IntsOf(Find(graph, "Conv"), "pads"), ElementsAre(1, 1, 1, 1));
  EXPECT_EQ(graph.node(4).output(0), "y");
  EXPECT_EQ(graph.node(4).input(1), "ys");
  const auto& scale = graph.initializer(graph.initializer_size() - 1);  // of the bias
  EXPECT_EQ(scale.name(), graph.node(2).input(1));
  EXPECT_THAT(scale.float_data(), ElementsAre(0.125F, 1.0F));
}

TEST(Unfold, WhatMovesQuantisedValuesMovesRealOnes) {
  ::onnx::GraphProto graph;
  AddNode(graph, "QuantizeLinear", {"x", "s", "z"}, "q");
  AddNode(graph, "MaxPool", {"q"}, "y");
  AddNode(graph, "MaxPool", {"other"}, "z2");
  Unfold(graph);
  EXPECT_THAT(OpsOf(graph), ElementsAre("QuantizeLinear", "DequantizeLinear", "MaxPool",
                                        "QuantizeLinear", "MaxPool"));
  EXPECT_EQ(graph.node(3).input(1), "s");
  EXPECT_EQ(graph.node(3).output(0), "y");
}

TEST(Unfold, AConvolutionOfOneDimensionGetsRowsOfOne) {
  ::onnx::GraphProto graph;
  Put(graph, "w", std::vector<float>(6), {1, 2, 3});
  auto& node = AddNode(graph, "Conv", {"x", "w"}, "y");
  Ints(node, "strides", {2});
  Ints(node, "pads", {1, 0});
  Unfold(graph);
  EXPECT_THAT(OpsOf(graph), ElementsAre("Unsqueeze", "Unsqueeze", "Conv", "Squeeze"));
  EXPECT_THAT(IntsOf(graph.node(2), "strides"), ElementsAre(1, 2));
  EXPECT_THAT(IntsOf(graph.node(2), "pads"), ElementsAre(0, 1, 0, 0));
  EXPECT_EQ(graph.node(3).output(0), "y");
}

TEST(Unfold, LeavesWhatItDoesNotKnow) {
  ::onnx::GraphProto graph;
  AddNode(graph, "QLinearConv", {"x", "xs"}, "y");  // too few inputs
  AddNode(graph, "DynamicQuantizeLinear", {"x"}, "q");
  Unfold(graph);
  EXPECT_THAT(OpsOf(graph), ElementsAre("QLinearConv", "DynamicQuantizeLinear"));
}

}  // namespace
}  // namespace covey::compiler::onnx_import
