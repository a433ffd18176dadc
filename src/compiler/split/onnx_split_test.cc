#include "compiler/split/onnx_split.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/host/diag_text.hpp"
#include "onnx.pb.h"

namespace covey::compiler {
namespace {

// in -> a -> b -> (b + skip of a) -> d -> out: the skip joins a, so that b alone is no cut.
class Net {
 public:
  Net() {
    model_.set_ir_version(7);
    model_.add_opset_import()->set_version(13);
    Float(*graph().add_input(), "in");
    Float(*graph().add_output(), "out");
    Add("Relu", {"in"}, "a");
    Add("Sigmoid", {"a"}, "b");
    Add("Add", {"a", "b"}, "c");
    Add("Constant", {}, "k");
    Add("Mul", {"c", "k"}, "d");
    Add("Add", {"d", "w"}, "out");
    auto& weight = *graph().add_initializer();
    weight.set_name("w");
    weight.set_data_type(onnx::TensorProto::FLOAT);
    weight.add_float_data(1);
  }
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }
  onnx::ModelProto& model() { return model_; }
  std::vector<std::byte> Bytes() const {
    const std::string text = model_.SerializeAsString();
    const auto* start = reinterpret_cast<const std::byte*>(text.data());
    return {start, start + text.size()};
  }

 private:
  static void Float(onnx::ValueInfoProto& value, const std::string& name) {
    value.set_name(name);
    value.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  }
  void Add(const char* op, const std::vector<std::string>& inputs, const std::string& output) {
    onnx::NodeProto& node = *graph().add_node();
    node.set_op_type(op);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
  }
  onnx::ModelProto model_;
};

onnx::GraphProto GraphOf(const std::vector<std::byte>& bytes) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  return model.graph();
}

std::vector<std::string> Ops(const onnx::GraphProto& graph) {
  std::vector<std::string> ops;
  for (const onnx::NodeProto& node : graph.node()) ops.push_back(node.op_type());
  return ops;
}

using Words = std::vector<std::string>;

TEST(OnnxSplit, CutsAreTensorsThatNothingGoesAround) {
  DiagText diag;
  const auto cuts = OnnxCuts(Net().Bytes(), diag);
  ASSERT_TRUE(cuts.ok()) << diag.Text();
  EXPECT_EQ(*cuts, (Words{"a", "c", "d"}));
}

TEST(OnnxSplit, PartsHoldTheirNodesWeightsAndConstants) {
  DiagText diag;
  const auto parts = SplitOnnx(Net().Bytes(), "c", {.scale = 0, .dims = {1, 4}}, diag);
  ASSERT_TRUE(parts.ok()) << diag.Text();
  const onnx::GraphProto head = GraphOf(parts->head), tail = GraphOf(parts->tail);
  EXPECT_EQ(Ops(head), (Words{"Relu", "Sigmoid", "Add"}));
  EXPECT_EQ(head.input(0).name(), "in");
  EXPECT_EQ(head.output(0).name(), "c");
  EXPECT_EQ(head.initializer_size(), 0);
  EXPECT_EQ(Ops(tail), (Words{"Constant", "Mul", "Add"}));
  EXPECT_EQ(tail.input(0).name(), "c");
  EXPECT_EQ(tail.input(0).type().tensor_type().shape().dim(1).dim_value(), 4);
  EXPECT_EQ(tail.initializer(0).name(), "w");
  EXPECT_EQ(tail.output(0).name(), "out");
}

TEST(OnnxSplit, AStepMakesWhatGoesBetweenInt8) {
  DiagText diag;
  const auto parts = SplitOnnx(Net().Bytes(), "d", {.scale = 0.5F, .zero_point = -3}, diag);
  ASSERT_TRUE(parts.ok()) << diag.Text();
  const onnx::GraphProto head = GraphOf(parts->head), tail = GraphOf(parts->tail);
  EXPECT_EQ(Ops(head).back(), "QuantizeLinear");
  EXPECT_EQ(head.output(0).type().tensor_type().elem_type(), onnx::TensorProto::INT8);
  EXPECT_EQ(Ops(tail), (Words{"DequantizeLinear", "Add"}));
  EXPECT_EQ(tail.input(0).name(), head.output(0).name());
  EXPECT_EQ(tail.input(0).type().tensor_type().elem_type(), onnx::TensorProto::INT8);
}

TEST(OnnxSplit, RefusesWhatItCannotCut) {
  DiagText diag;
  EXPECT_EQ(SplitOnnx(Net().Bytes(), "b", {}, diag).status().code(), Code::kNotFound);
  EXPECT_NE(diag.Text().find("'a', 'c', 'd'"), std::string::npos) << diag.Text();
  Net two, old, nested;
  two.graph().add_output()->set_name("b");
  EXPECT_EQ(OnnxCuts(two.Bytes(), diag).status().code(), Code::kUnimplemented);
  old.model().mutable_opset_import(0)->set_version(9);
  EXPECT_EQ(OnnxCuts(old.Bytes(), diag).status().code(), Code::kUnimplemented);
  nested.graph().mutable_node(0)->add_attribute()->mutable_g()->set_name("inner");
  EXPECT_EQ(OnnxCuts(nested.Bytes(), diag).status().code(), Code::kUnimplemented);
  EXPECT_EQ(OnnxCuts({}, diag).status().code(), Code::kDataLoss);
}

TEST(OnnxSplit, EveryTruncationIsRefusedOrCut) {
  const std::vector<std::byte> whole = Net().Bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    NoDiag diag;
    const auto bytes = std::span(whole).first(size);
    const auto cuts = OnnxCuts(bytes, diag);
    if (!cuts.ok()) continue;
    for (const std::string& cut : *cuts) EXPECT_TRUE(SplitOnnx(bytes, cut, {}, diag).ok());
  }
}

TEST(OnnxSplit, AStepHoldsItsRangeAndZero) {
  for (const auto& [low, high] :
       {std::pair{-1.0F, 3.0F}, {0.0F, 6.0F}, {2.0F, 5.0F}, {-4.0F, -1.0F}}) {
    const CutStep step = StepFor(low, high);
    const auto real = [&](int q) { return step.scale * static_cast<float>(q - step.zero_point); };
    EXPECT_LE(real(-128), std::min(low, 0.0F) + step.scale / 2);
    EXPECT_GE(real(127), std::max(high, 0.0F) - step.scale / 2);
    EXPECT_EQ(real(step.zero_point), 0);
  }
  EXPECT_EQ(StepFor(0, 0).scale, 1);
  EXPECT_EQ(StepFor(0, INFINITY).scale, 1);
}

}  // namespace
}  // namespace covey::compiler
