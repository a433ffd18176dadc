// Ops between quantise pairs one by one: the file is read, compiled and run, and compared with the
// op's real value, rounded once; files that say nonsense are refused in words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "compiler/compile.hpp"
#include "compiler/passes/compare.hpp"
#include "onnx.pb.h"

namespace covey::compiler {
namespace {

using Dims = std::vector<int64_t>;
using Reals = std::vector<double>;

constexpr float kStep = 0.0625F;  // of all inputs and outputs, around zero point 3
constexpr int kZero = 3;

// int8 in -> DequantizeLinear -> the op -> QuantizeLinear -> int8 out
class OneNode {
 public:
  explicit OneNode(const std::string& type) {
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(13);
    graph().set_name("one");
    node_.set_op_type(type);
    node_.set_name("the_op");
    Put("step", onnx::TensorProto::FLOAT, {})->add_float_data(kStep);
    Put("zero", onnx::TensorProto::INT8, {})->add_int32_data(kZero);
  }
  OneNode& Input(const Dims& dims) {
    const std::string name = Numbered("in", graph().input_size());
    Describe(graph().add_input(), name, dims);
    Pair("DequantizeLinear", name, name + "_real");
    node_.add_input(name + "_real");
    return *this;
  }
  OneNode& Numbers(const std::vector<int64_t>& values) {
    auto* made = Put(Next(), onnx::TensorProto::INT64, {static_cast<int64_t>(values.size())});
    for (int64_t value : values) made->add_int64_data(value);
    return *this;
  }
  OneNode& Real(float value) {
    Put(Next(), onnx::TensorProto::FLOAT, {})->add_float_data(value);
    return *this;
  }
  OneNode& Set(const std::string& name, int64_t value) {
    auto* attribute = node_.add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INT);
    attribute->set_i(value);
    return *this;
  }
  OneNode& Axes(const std::vector<int64_t>& values) {
    auto* attribute = node_.add_attribute();
    attribute->set_name("axes");
    for (int64_t value : values) attribute->add_ints(value);
    return *this;
  }
  std::vector<std::byte> Bytes(const std::vector<Dims>& outputs) {
    std::vector<std::string> names;
    for (size_t i = 0; i < outputs.size(); ++i) {
      names.push_back(Numbered("y", static_cast<int>(i)));
      node_.add_output(names.back());
    }
    *graph().add_node() = node_;
    for (size_t i = 0; i < outputs.size(); ++i) {
      Pair("QuantizeLinear", names[i], names[i] + "_q");
      Describe(graph().add_output(), names[i] + "_q", outputs[i]);
    }
    const std::string text = model_.SerializeAsString();
    const auto* start = reinterpret_cast<const std::byte*>(text.data());
    return {start, start + text.size()};
  }

 private:
  static std::string Numbered(std::string name, int number) {
    name += std::to_string(number);  // "in" + ...: GCC 12's bug 105651
    return name;
  }
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }
  std::string Next() {
    node_.add_input(Numbered("const", node_.input_size()));
    return node_.input(node_.input_size() - 1);
  }
  void Describe(onnx::ValueInfoProto* info, const std::string& name, const Dims& dims) {
    info->set_name(name);
    auto* type = info->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::INT8);
    for (int64_t dim : dims) type->mutable_shape()->add_dim()->set_dim_value(dim);
  }
  onnx::TensorProto* Put(const std::string& name, int type, const Dims& dims) {
    auto* tensor = graph().add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(type);
    for (int64_t dim : dims) tensor->add_dims(dim);
    return tensor;
  }
  void Pair(const std::string& type, const std::string& from, const std::string& to) {
    auto* node = graph().add_node();
    node->set_op_type(type);
    node->set_name(to);
    for (const std::string& input : {from, std::string("step"), std::string("zero")}) {
      node->add_input(input);
    }
    node->add_output(to);
  }

  onnx::ModelProto model_;
  onnx::NodeProto node_;
};

int Byte(int i) { return static_cast<int8_t>(i * 37 % 251 - 120); }
double RealOf(int i) { return double{kStep} * (Byte(i) - kZero); }
Reals RealsOf(const std::vector<int>& places) {
  Reals reals;
  for (int place : places) reals.push_back(RealOf(place));
  return reals;
}

// Input byte i (over all inputs) is Byte(i); each output is within `steps` of its real value.
void Expect(const std::vector<std::byte>& file, const Reals& expected, double steps) {
  DiagText diag;
  const auto graph = ImportOnnx(file, diag);
  ASSERT_TRUE(graph.ok()) << diag.Text();
  Compiled compiled(Passed(*graph));
  ASSERT_TRUE(compiled.ok());
  const auto bytes = compiled.Run([i = 0]() mutable { return Byte(i++); });
  ASSERT_EQ(bytes.size(), expected.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    const double exact = std::clamp(expected[i] / double{kStep} + kZero, -128.0, 127.0);
    EXPECT_NEAR(static_cast<int8_t>(bytes[i]), exact, steps) << i;
  }
}

constexpr double kSame = 1e-9, kRounded = 0.51;

Reals Largest(int count, const std::function<int(int)>& group, int groups) {
  Reals most(static_cast<size_t>(groups), -1e9);
  for (int i = 0; i < count; ++i) {
    double& at = most[static_cast<size_t>(group(i))];
    at = std::max(at, RealOf(i));
  }
  return most;
}

// (2,3) by (3,2)
TEST(OnnxOps, MatMulOfTwoComputedTensors) {
  Reals expected;
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 2; ++x) {
      double sum = 0;
      for (int k = 0; k < 3; ++k) sum += RealOf(3 * y + k) * RealOf(6 + 2 * k + x);
      expected.push_back(sum);
    }
  }
  Expect(OneNode("MatMul").Input({2, 3}).Input({3, 2}).Bytes({{2, 2}}), expected, 1.01);
}

TEST(OnnxOps, ReduceMeanAlongAnyAxes) {
  Reals expected;
  for (int y = 0; y < 4; ++y) {
    expected.push_back((RealOf(3 * y) + RealOf(3 * y + 1) + RealOf(3 * y + 2)) / 3);
  }
  Expect(OneNode("ReduceMean").Input({2, 2, 3}).Axes({-1}).Set("keepdims", 0).Bytes({{2, 2}}),
         expected, 1.01);
}

TEST(OnnxOps, MaximaOverAxesAreTheLargestBytes) {
  const Dims in = {1, 3, 4, 5};
  const auto channel = [](int i) { return i / 20; };
  Expect(OneNode("GlobalMaxPool").Input(in).Bytes({{1, 3, 1, 1}}), Largest(60, channel, 3), kSame);
  Expect(OneNode("ReduceMax").Input(in).Axes({2, -1}).Set("keepdims", 0).Bytes({{1, 3}}),
         Largest(60, channel, 3), kSame);
  Expect(OneNode("ReduceMax").Input(in).Axes({1}).Bytes({{1, 1, 4, 5}}),
         Largest(
             60, [](int i) { return i % 20; }, 20),
         kSame);
  Expect(OneNode("ReduceMax").Input(in).Axes({1, 3}).Bytes({{1, 1, 4, 1}}),
         Largest(
             60, [](int i) { return i % 20 / 5; }, 4),
         kSame);
  Expect(OneNode("ReduceMax").Input(in).Bytes({{1, 1, 1, 1}}),
         Largest(
             60, [](int) { return 0; }, 1),
         kSame);
}

TEST(OnnxOps, MovesPutEveryByteInItsPlace) {
  Expect(OneNode("Concat").Input({2, 1}).Input({2, 2}).Set("axis", -1).Bytes({{2, 3}}),
         RealsOf({0, 2, 3, 1, 4, 5}), kSame);
  Expect(OneNode("Split").Input({2, 4}).Numbers({1, 3}).Set("axis", 1).Bytes({{2, 1}, {2, 3}}),
         RealsOf({0, 4, 1, 2, 3, 5, 6, 7}), kSame);
  Expect(OneNode("Slice")
             .Input({2, 5})
             .Numbers({-1, 1})
             .Numbers({-9, 99})
             .Numbers({0, 1})
             .Numbers({-1, 2})
             .Bytes({{2, 2}}),
         RealsOf({6, 8, 1, 3}), kSame);
  Expect(OneNode("Gather").Input({2, 3}).Numbers({2, -3, 2}).Set("axis", 1).Bytes({{2, 3}}),
         RealsOf({2, 0, 2, 5, 3, 5}), kSame);
}

TEST(OnnxOps, ArithmeticIsRoundedOnce) {
  const std::pair<const char*, double (*)(double, double)> ops[] = {
      {"Mul", [](double a, double b) { return a * b; }},
      {"Sub", [](double a, double b) { return a - b; }},
      {"Max", [](double a, double b) { return std::max(a, b); }},
      {"Min", [](double a, double b) { return std::min(a, b); }},
      {"PRelu", [](double a, double b) { return a < 0 ? a * b : a; }}};
  for (const auto& [name, value] : ops) {
    Reals expected;
    for (int i = 0; i < 100; ++i) expected.push_back(value(RealOf(i), RealOf(100 + i)));
    SCOPED_TRACE(name);
    Expect(OneNode(name).Input({4, 25}).Input({4, 25}).Bytes({{4, 25}}), expected, kRounded);
  }
}

TEST(OnnxOps, FunctionsAreRoundedOnce) {
  const std::pair<const char*, double (*)(double)> functions[] = {
      {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"HardSigmoid", [](double x) { return std::clamp(0.2 * x + 0.5, 0.0, 1.0); }},
      {"HardSwish", [](double x) { return x * std::clamp(x + 3, 0.0, 6.0) / 6; }},
      {"LeakyRelu", [](double x) { return x < 0 ? 0.01 * x : x; }},
      {"Tanh", [](double x) { return std::tanh(x); }}};
  for (const auto& [name, value] : functions) {
    Reals expected;
    for (int i = 0; i < 251; ++i) expected.push_back(value(RealOf(i)));
    SCOPED_TRACE(name);
    Expect(OneNode(name).Input({251}).Bytes({{251}}), expected, kRounded);
  }
  Reals clipped;
  for (int i = 0; i < 251; ++i) clipped.push_back(std::clamp(RealOf(i), -1.5, 2.0));
  Expect(OneNode("Clip").Input({251}).Real(-1.5F).Real(2).Bytes({{251}}), clipped, kSame);
}

void ExpectRefused(const std::vector<std::byte>& file) {
  DiagText diag;
  const auto graph = ImportOnnx(file, diag);
  Status status = graph.status();
  if (graph.ok()) status = Compile(*graph, diag).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(diag.Text(), testing::HasSubstr("the_op"));
}

TEST(OnnxOps, RefusesNonsenseInWords) {
  const int64_t least = std::numeric_limits<int64_t>::min(), most = -(least + 1);
  for (int64_t wild : {int64_t{2}, int64_t{-3}, least, most, int64_t{INT32_MIN}}) {
    SCOPED_TRACE(wild);
    ExpectRefused(OneNode("ReduceMax").Input({2, 3}).Axes({wild}).Bytes({{2, 1}}));
    ExpectRefused(OneNode("Concat").Input({2, 1}).Input({2, 2}).Set("axis", wild).Bytes({{2, 3}}));
    ExpectRefused(
        OneNode("Split").Input({2, 4}).Numbers({1, 3}).Set("axis", wild).Bytes({{2, 1}, {2, 3}}));
    ExpectRefused(
        OneNode("Slice").Input({2, 5}).Numbers({0}).Numbers({1}).Numbers({wild}).Bytes({{2, 5}}));
    ExpectRefused(OneNode("Split").Input({4}).Numbers({5, wild}).Bytes({{1}, {3}}));
  }
  for (int64_t place : {int64_t{3}, int64_t{-4}, least, most}) {
    ExpectRefused(OneNode("Gather").Input({3}).Numbers({0, place}).Bytes({{2}}));
  }
  ExpectRefused(
      OneNode("Slice").Input({5}).Numbers({0}).Numbers({4}).Numbers({0}).Numbers({0}).Bytes({{4}}));
  ExpectRefused(OneNode("Slice").Input({5}).Real(0).Real(4).Bytes({{4}}));
  ExpectRefused(OneNode("Mul").Input({2}).Input({3}).Bytes({{3}}));
}

}  // namespace
}  // namespace covey::compiler
