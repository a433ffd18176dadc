// Products, windows, choices and recurrences of other forms give the real values that ONNX defines.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

#include "compiler/import/onnx/one_node.hpp"

namespace covey::compiler {
namespace {

constexpr double kTwice = 0.52;  // fixed point rounds twice

TEST(OnnxSaidProducts, EinsumOfTwo) {
  Reals expected;  // x (2, 3), y (2, 3), both of one batch
  for (int k = 0; k < 2; ++k) {
    for (int i = 0; i < 2; ++i) {
      double sum = 0;
      for (int j = 0; j < 3; ++j) sum += RealOf(3 * i + j) * RealOf(6 + 3 * k + j);
      expected.push_back(sum);
    }
  }
  Expect(OneNode("Einsum")
             .Input({1, 2, 3})
             .Input({1, 2, 3})
             .Set("equation", "bij,bkj->bki")
             .Bytes({{1, 2, 2}}),
         expected, kTwice);
}

TEST(OnnxSaidProducts, EinsumOfOneTurnsAndSums) {
  Expect(OneNode("Einsum").Input({2, 2}).Set("equation", "ij -> ji").Bytes({{2, 2}}),
         RealsOf({0, 2, 1, 3}), kSame);
  Expect(OneNode("Einsum").Input({2, 2}).Set("equation", "ij->i").Bytes({{2}}),
         {RealOf(0) + RealOf(1), RealOf(2) + RealOf(3)}, kTwice);
}

TEST(OnnxSaidProducts, SumsUpTo) {
  Expect(OneNode("CumSum").Input({1, 3}).Numbers({1}).Bytes({{1, 3}}),
         {RealOf(0), RealOf(0) + RealOf(1), RealOf(0) + RealOf(1) + RealOf(2)}, kTwice);
  Expect(OneNode("CumSum")
             .Input({3, 1})
             .Numbers({-2})
             .Set("exclusive", 1)
             .Set("reverse", 1)
             .Bytes({{3, 1}}),
         {RealOf(1) + RealOf(2), RealOf(2), 0}, kTwice);
}

TEST(OnnxSaidProducts, LocalResponses) {
  Reals expected;
  for (int c = 0; c < 4; ++c) {
    double sum = 0;
    for (int k = std::max(c - 1, 0); k <= std::min(c + 1, 3); ++k) sum += RealOf(k) * RealOf(k);
    expected.push_back(RealOf(c) / std::sqrt(2 + 0.5 / 3 * sum));
  }
  Expect(OneNode("LRN")
             .Input({1, 4, 1, 1})
             .Set("size", 3)
             .Real("alpha", 0.5F)
             .Real("beta", 0.5F)
             .Real("bias", 2)
             .Bytes({{1, 4, 1, 1}}),
         expected, kTwice);
}

TEST(OnnxSaidProducts, DilatedPools) {
  Reals most;  // two taps, two apart, of a row of five with one more before it
  most.push_back(RealOf(1));
  for (int i = 0; i < 3; ++i) most.push_back(std::max(RealOf(i), RealOf(i + 2)));
  Expect(OneNode("MaxPool")
             .Input({1, 1, 1, 5})
             .List("kernel_shape", {1, 2})
             .List("dilations", {1, 2})
             .List("pads", {0, 1, 0, 0})
             .Bytes({{1, 1, 1, 4}}),
         most, kSame);
  Expect(OneNode("AveragePool")
             .Opset(19)
             .Input({1, 1, 1, 4})
             .List("kernel_shape", {1, 2})
             .List("dilations", {1, 2})
             .Bytes({{1, 1, 1, 2}}),
         {(RealOf(0) + RealOf(2)) / 2, (RealOf(1) + RealOf(3)) / 2}, kTwice);
}

TEST(OnnxSaidProducts, ChoosesWhatTheConditionSays) {
  Expect(OneNode("Where").Truths({3}, {1, 0, 1}).Input({3}).Input({3}).Bytes({{3}}),
         RealsOf({0, 4, 2}), kSame);
  // A mask of an attention: what is nowhere near stays so.
  Expect(OneNode("Where").Truths({2}, {1, 0}).Input({2}).Constant({}, {-INFINITY}).Bytes({{2}}),
         {RealOf(0), -1e9}, kSame);
}

TEST(OnnxSaidProducts, ComparesAsNumbersDo) {
  const auto truths = [](const char* op) { return OneNode(op).Input({4}).Input({4}).Bytes({{4}}); };
  Reals greater, less;
  for (int i = 0; i < 4; ++i) {
    greater.push_back(RealOf(i) > RealOf(4 + i) ? 1 : 0);
    less.push_back(1 - greater.back());  // no two are the same
  }
  Expect(truths("Greater"), greater, kSame);
  Expect(truths("LessOrEqual"), less, kSame);
  Expect(truths("Equal"), {0, 0, 0, 0}, kSame);
  Expect(OneNode("GreaterOrEqual").Input({1}).Constant({}, {float(RealOf(0))}).Bytes({{1}}), {1},
         kSame);
}

// One unit: i, o and f look at the cell; with the gates coupled f is what i leaves.
TEST(OnnxSaidProducts, AnLstmWithPeepholesAndCoupledGates) {
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  for (const bool coupled : {false, true}) {
    Reals expected;
    double h = 0, c = 0;
    for (int t = 0; t < 3; ++t) {
      const double x = RealOf(t);
      const double i = sigmoid(0.5 * x + 0.1 * h + 0.3 * c);
      const double f = coupled ? 1 - i : sigmoid(0.2 * x + 0.4 * h - 0.6 * c);
      c = f * c + i * std::tanh(0.7 * x - 0.2 * h);
      h = sigmoid(-0.3 * x + 0.6 * h + 0.8 * c) * std::tanh(c);
      expected.push_back(h);
    }
    OneNode node("LSTM");
    node.Input({3, 1, 1})
        .Constant({1, 4, 1}, {0.5F, -0.3F, 0.2F, 0.7F})
        .Constant({1, 4, 1}, {0.1F, 0.6F, 0.4F, -0.2F});
    node.Absent().Absent().Absent().Absent().Constant({1, 3}, {0.3F, 0.8F, -0.6F});
    node.Set("hidden_size", 1).Set("input_forget", coupled ? 1 : 0);
    Expect(node.Bytes({{3, 1, 1, 1}}), expected, kTwice);
  }
}

// A file of quantize_dynamic: x is quantised as it runs there, and stays float here.
TEST(OnnxSaidProducts, AProductThatQuantisesAsItRunsIsOneOfFloats) {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(13);
  auto& graph = *model.mutable_graph();
  const auto describe = [](onnx::ValueInfoProto* info, const char* name, int64_t columns) {
    info->set_name(name);
    auto* type = info->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    type->mutable_shape()->add_dim()->set_dim_value(1);
    type->mutable_shape()->add_dim()->set_dim_value(columns);
  };
  describe(graph.add_input(), "x", 2);
  describe(graph.add_output(), "y", 1);
  const auto constant = [&](const char* name, int type, const std::vector<int64_t>& dims) {
    auto* made = graph.add_initializer();
    made->set_name(name);
    made->set_data_type(type);
    for (int64_t dim : dims) made->add_dims(dim);
    return made;
  };
  auto* weights = constant("w", onnx::TensorProto::UINT8, {2, 1});
  weights->add_int32_data(130), weights->add_int32_data(124);
  constant("wz", onnx::TensorProto::UINT8, {})->add_int32_data(128);
  constant("ws", onnx::TensorProto::FLOAT, {})->add_float_data(0.5F);
  const auto node = [&](const char* op, const std::vector<const char*>& in,
                        const std::vector<const char*>& out) {
    auto* made = graph.add_node();
    made->set_op_type(op);
    for (const char* name : in) made->add_input(name);
    for (const char* name : out) made->add_output(name);
    return made;
  };
  node("DynamicQuantizeLinear", {"x"}, {"q", "s", "z"});
  node("MatMulInteger", {"q", "w", "z", "wz"}, {"i"});
  auto* to = node("Cast", {"i"}, {"f"})->add_attribute();
  to->set_name("to"), to->set_type(onnx::AttributeProto::INT), to->set_i(onnx::TensorProto::FLOAT);
  node("Mul", {"s", "ws"}, {"scale"});
  node("Mul", {"f", "scale"}, {"y"});
  const std::string text = model.SerializeAsString();
  DiagText diag;
  const auto read = ImportOnnx(std::as_bytes(std::span(text)), diag);
  ASSERT_TRUE(read.ok()) << diag.Text();
  Compiled compiled(Passed(*read));
  ASSERT_TRUE(compiled.ok());
  const float x[] = {3, 0.25F};
  const auto* at = reinterpret_cast<const unsigned char*>(x);
  const auto out = compiled.Run([&at] { return *at++; });
  float y = 0;
  ASSERT_EQ(out.size(), sizeof(y));
  std::memcpy(&y, out.data(), sizeof(y));
  EXPECT_FLOAT_EQ(y, 0.5F * (2 * 3 - 4 * 0.25F));
  // Its scale outside of the network would have to be that of a quantisation: refused.
  graph.mutable_output(0)->set_name("s");
  const std::string other = model.SerializeAsString();
  const auto outside = ImportOnnx(std::as_bytes(std::span(other)), diag);
  const bool compiles = outside.ok() && Compile(*outside, diag).ok();
  EXPECT_FALSE(compiles);
}

TEST(OnnxSaidProducts, RefusesNonsenseInWords) {
  for (const char* equation : {"ii->i", "i,j,k->ijk", "...i->i", "ij->ik", "i", "", "i,,"}) {
    SCOPED_TRACE(equation);
    ExpectRefused(OneNode("Einsum").Input({3, 3}).Set("equation", equation).Bytes({{3}}));
  }
  for (int64_t wild : {int64_t{-5}, int64_t{7}, int64_t{1} << 40}) {
    SCOPED_TRACE(wild);
    ExpectRefused(OneNode("CumSum").Input({3}).Numbers({wild}).Bytes({{3}}));
    ExpectRefused(OneNode("LRN").Input({1, 3}).Set("size", wild).Bytes({{1, 3}}));
    ExpectRefused(OneNode("MaxPool")
                      .Input({1, 1, 3, 3})
                      .List("kernel_shape", {2, 2})
                      .List("dilations", {wild, wild})
                      .Bytes({{1, 1, 1, 1}}));
  }
  ExpectRefused(OneNode("Where").Truths({2}, {1, 0}).Input({3}).Input({3}).Bytes({{3}}));
}

}  // namespace
}  // namespace covey::compiler
