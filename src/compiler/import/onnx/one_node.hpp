// Test support: one ONNX op between quantise pairs, read, compiled and run, and compared with its
// real value.
//
//   Expect(OneNode("ReduceMax").Input({2, 3}).Axes({1}).Bytes({{2, 1}}), expected, kSame);
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "compiler/compile.hpp"
#include "compiler/passes/compare.hpp"
#include "onnx.pb.h"

namespace covey::compiler {

using Dims = std::vector<int64_t>;
using Reals = std::vector<double>;

inline constexpr float kStep = 0.0625F;  // of all inputs and outputs, around zero point 3
inline constexpr int kZero = 3;

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
  OneNode& Set(const std::string& name, const std::string& text) {
    auto* attribute = node_.add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::STRING);
    attribute->set_s(text);
    return *this;
  }
  OneNode& List(const std::string& name, const std::vector<int64_t>& values) {
    auto* attribute = node_.add_attribute();
    attribute->set_name(name);
    for (int64_t value : values) attribute->add_ints(value);
    return *this;
  }
  // A constant of real numbers.
  OneNode& Constant(const Dims& dims, const std::vector<float>& values) {
    auto* made = Put(Next(), onnx::TensorProto::FLOAT, dims);
    for (float value : values) made->add_float_data(value);
    return *this;
  }
  OneNode& Truths(const Dims& dims, const std::vector<int>& values) {
    auto* made = Put(Next(), onnx::TensorProto::BOOL, dims);
    for (int value : values) made->add_int32_data(value);
    return *this;
  }
  OneNode& Absent() {
    node_.add_input("");
    return *this;
  }
  OneNode& Real(const std::string& name, float value) {
    auto* attribute = node_.add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::FLOAT);
    attribute->set_f(value);
    return *this;
  }
  OneNode& Opset(int64_t version) {
    model_.mutable_opset_import(0)->set_version(version);
    return *this;
  }
  OneNode& Axes(const std::vector<int64_t>& values) {
    auto* attribute = node_.add_attribute();
    attribute->set_name("axes");
    for (int64_t value : values) attribute->add_ints(value);
    return *this;
  }
  // The outputs are uint8: the same numbers and 128 more.
  OneNode& Unsigned() {
    Put("zero_out", onnx::TensorProto::UINT8, {})->add_int32_data(kZero + 128);
    zero_out_ = "zero_out";
    return *this;
  }
  // The outputs have another step.
  OneNode& Finer(float step) {
    Put("step_out", onnx::TensorProto::FLOAT, {})->add_float_data(step);
    step_out_ = "step_out";
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
      auto& quantize = *graph().mutable_node(graph().node_size() - 1);
      quantize.set_input(1, step_out_);
      quantize.set_input(2, zero_out_);
      Describe(graph().add_output(), names[i] + "_q", outputs[i]);
      if (zero_out_ == "zero_out") {
        auto* type = graph().mutable_output(static_cast<int>(i))->mutable_type();
        type->mutable_tensor_type()->set_elem_type(onnx::TensorProto::UINT8);
      }
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
  std::string step_out_ = "step", zero_out_ = "zero";
};

inline int Byte(int i) { return static_cast<int8_t>(i * 37 % 251 - 120); }
inline double RealOf(int i) { return double{kStep} * (Byte(i) - kZero); }
inline Reals RealsOf(const std::vector<int>& places) {
  Reals reals;
  for (int place : places) reals.push_back(RealOf(place));
  return reals;
}

// Input byte i (over all inputs) is Byte(i); each output is within `steps` of its real value.
inline void Expect(const std::vector<std::byte>& file, const Reals& expected, double steps) {
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

inline constexpr double kSame = 1e-9, kRounded = 0.51;

inline void ExpectRefused(const std::vector<std::byte>& file) {
  DiagText diag;
  const auto graph = ImportOnnx(file, diag);
  Status status = graph.status();
  if (graph.ok()) status = Compile(*graph, diag).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(diag.Text(), testing::HasSubstr("the_op"));
}

}  // namespace covey::compiler
