// Float networks as files: what the importers make of them, run by the float evaluator.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "compiler/compile.hpp"
#include "compiler/import/onnx/tiny.hpp"
#include "compiler/quantize/evaluate.hpp"
#include "compiler/quantize/float_passes.hpp"
#include "compiler/quantize/quantise.hpp"
#include "core/host/diag_text.hpp"

namespace covey::compiler {
namespace {

// One node over float[1,2,2,2] (N, C, H, W), with constants by name.
class OneNode {
 public:
  OneNode() {
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(14);
    model_.mutable_graph()->set_name("one");
    Describe(model_.mutable_graph()->add_input(), "x");
    Describe(model_.mutable_graph()->add_output(), "y");
  }
  onnx::NodeProto& Node(const std::string& type, const std::vector<std::string>& inputs,
                        const std::string& output = "y") {
    auto* node = model_.mutable_graph()->add_node();
    node->set_op_type(type);
    node->set_name(type);
    for (const std::string& input : inputs) node->add_input(input);
    node->add_output(output);
    return *node;
  }
  void Constant(const std::string& name, const std::vector<int64_t>& dims,
                const std::vector<float>& values) {
    auto* tensor = model_.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::FLOAT);
    for (int64_t dim : dims) tensor->add_dims(dim);
    for (float value : values) tensor->add_float_data(value);
  }
  Result<Graph> Import(Diag& diag) const {
    const std::string text = model_.SerializeAsString();
    return ImportOnnx({reinterpret_cast<const std::byte*>(text.data()), text.size()}, diag);
  }

 private:
  static void Describe(onnx::ValueInfoProto* info, const std::string& name) {
    info->set_name(name);
    auto* type = info->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    for (int i = 0; i < 4; ++i) {
      type->mutable_shape()->add_dim()->set_dim_value(i == 0 ? 1 : 2);
    }
  }
  onnx::ModelProto model_;
};

std::vector<float> Answer(const OneNode& net, const std::vector<float>& x) {
  DiagText diag;
  const auto graph = net.Import(diag);
  EXPECT_TRUE(graph.ok()) << diag.Text();
  if (!graph.ok()) return {};
  const auto y = RunFloats(*graph, {.count = 1, .inputs = {x}}, {}, diag);
  EXPECT_TRUE(y.ok()) << diag.Text();
  return y.ok() ? *y : std::vector<float>();
}

TEST(FloatImport, ABatchNormalisationIsItsFormula) {
  OneNode net;
  net.Node("BatchNormalization", {"x", "s", "b", "m", "v"});
  net.Constant("s", {2}, {2, 3});
  net.Constant("b", {2}, {0.5F, -1});
  net.Constant("m", {2}, {1, 2});
  net.Constant("v", {2}, {4, 9});
  const std::vector<float> x{1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<float> y = Answer(net, x);
  ASSERT_EQ(y.size(), 8U);
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(y[i], 2 * (x[i] - 1) / 2 + 0.5, 1e-4);
  for (size_t i = 4; i < 8; ++i) EXPECT_NEAR(y[i], 3 * (x[i] - 2) / 3 - 1, 1e-4);
}

TEST(FloatImport, ANegativeVarianceIsRefusedByName) {
  OneNode net;
  net.Node("BatchNormalization", {"x", "s", "s", "s", "v"});
  net.Constant("s", {2}, {1, 1});
  net.Constant("v", {2}, {1, -4});
  DiagText diag;
  const auto graph = net.Import(diag);
  ASSERT_TRUE(graph.ok()) << diag.Text();
  const auto made =
      Quantise(*graph, {.count = 1, .inputs = {std::vector<float>(8, 1.0F)}}, {}, diag);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), Code::kInvalidArgument);
  EXPECT_NE(diag.Text().find("y/scale"), std::string::npos) << diag.Text();
}

float HardSwish(float x) { return x * std::min(std::max(x + 3, 0.0F), 6.0F) / 6; }

// The three ways that exporters write it, and silu.
TEST(FloatImport, SpelledOutActivationsBecomeOneOp) {
  const std::vector<float> x{-4, -2.5F, -1, -0.25F, 0.25F, 1, 2.5F, 4};
  OneNode late, early, gate, silu;
  for (OneNode* net : {&late, &early}) {
    net->Constant("three", {}, {3});
    net->Constant("sixth", {}, {1.0F / 6});
    net->Constant("zero", {}, {0});
    net->Constant("six", {}, {6});
    net->Node("Add", {"x", "three"}, "sum");
    net->Node("Clip", {"sum", "zero", "six"}, "clip");
  }
  late.Node("Mul", {"x", "clip"}, "gated");
  late.Node("Mul", {"gated", "sixth"});
  early.Node("Mul", {"clip", "sixth"}, "sigmoid");
  early.Node("Mul", {"sigmoid", "x"});
  auto* alpha = gate.Node("HardSigmoid", {"x"}, "sigmoid").add_attribute();
  alpha->set_name("alpha");
  alpha->set_type(onnx::AttributeProto::FLOAT);
  alpha->set_f(1.0F / 6);
  gate.Node("Mul", {"x", "sigmoid"});
  silu.Node("Sigmoid", {"x"}, "sigmoid");
  silu.Node("Mul", {"x", "sigmoid"});
  for (OneNode* net : {&late, &early, &gate, &silu}) {
    DiagText diag;
    auto graph = net->Import(diag);
    ASSERT_TRUE(graph.ok()) << diag.Text();
    ASSERT_TRUE(SimplifyFloat(*graph, diag).ok()) << diag.Text();
    EXPECT_EQ(graph->nodes.size(), 1U);
    EXPECT_EQ(graph->nodes[0].op, Op::kUnary);
    const std::vector<float> y = Answer(*net, x);
    for (size_t i = 0; i < x.size(); ++i) {
      EXPECT_NEAR(y[i], net == &silu ? x[i] / (1 + std::exp(-x[i])) : HardSwish(x[i]), 1e-5);
    }
  }
}

// Squeeze-and-excite: mean -> dense -> relu -> dense -> hard sigmoid, times the input.
TEST(FloatImport, ASqueezeAndExciteBlockQuantises) {
  OneNode net;
  net.Constant("w", {2, 2, 1, 1}, {0.5F, -0.25F, 1, 0.75F});
  net.Node("GlobalAveragePool", {"x"}, "mean");
  net.Node("Conv", {"mean", "w"}, "squeezed");
  net.Node("Relu", {"squeezed"}, "relu");
  net.Node("Conv", {"relu", "w"}, "excited");
  net.Node("HardSigmoid", {"excited"}, "sigmoid");
  net.Node("Mul", {"x", "sigmoid"}, "gated");
  net.Node("HardSwish", {"gated"});
  DiagText diag;
  const auto graph = net.Import(diag);
  ASSERT_TRUE(graph.ok()) << diag.Text();
  Samples samples{.count = 30, .inputs = {{}}};
  for (int i = 0; i < 240; ++i) {
    samples.inputs[0].push_back(4 * std::sin(static_cast<float>(i * i)));
  }
  const auto made = Quantise(*graph, samples, {}, diag);
  ASSERT_TRUE(made.ok()) << diag.Text();
  EXPECT_GT(made->sqnr_db, 35.0);
}

}  // namespace
}  // namespace covey::compiler
