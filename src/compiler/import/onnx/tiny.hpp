// Test support: a small ONNX network as a quantiser writes it (QDQ), made here, so that tests and
// fuzz seeds need no file from elsewhere.
//
//   in float[1,2,4,4] -> Conv 3x3 -> Relu -> GlobalAveragePool -> Flatten -> Gemm -> out float[1,3]
//   with QuantizeLinear and DequantizeLinear around each
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "onnx.pb.h"

namespace covey::compiler::onnx_import {

class TinyModel {
 public:
  TinyModel() {
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(13);
    graph().set_name("tiny");
    Describe(graph().add_input(), "in", {1, 2, 4, 4});
    Describe(graph().add_output(), "out", {1, 3});
    AddWeights("w", {2, 2, 3, 3}, {0.02F, 0.05F});
    AddWeights("dense_w", {3, 2}, {0.03F, 0.01F, 0.02F});
    AddBias("b", {40, -30}, {0.25F * 0.02F, 0.25F * 0.05F});
    AddNode("Conv", {Qdq("in", 0.25F, 3), "w_real", "b_real"}, "conv");
    auto* pads = Last().add_attribute();
    pads->set_name("pads");
    for (int i = 0; i < 4; ++i) pads->add_ints(1);
    AddNode("Relu", {"conv"}, "relu");
    AddNode("GlobalAveragePool", {Qdq("relu", 0.5F, -128)}, "pool");
    AddNode("Flatten", {Qdq("pool", 0.125F, -128)}, "flat");
    AddNode("Gemm", {"flat", "dense_w_real"}, "dense");
    auto* trans = Last().add_attribute();
    trans->set_name("transB");
    trans->set_i(1);
    Last().set_name("dense");
    Qdq("dense", 0.0625F, 7);
    Last().set_output(0, "out");
  }

  onnx::ModelProto& model() { return model_; }
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }
  onnx::NodeProto& Last() { return *graph().mutable_node(graph().node_size() - 1); }
  onnx::TensorProto& Initializer(const std::string& name) {
    for (auto& tensor : *graph().mutable_initializer()) {
      if (tensor.name() == name) return tensor;
    }
    return *graph().add_initializer();
  }
  std::vector<std::byte> Bytes() const {
    const std::string text = model_.SerializeAsString();
    const auto* start = reinterpret_cast<const std::byte*>(text.data());
    return {start, start + text.size()};
  }

  // Byte i of a weight: the same numbers wherever the test needs them.
  static int8_t Weight(size_t i) { return static_cast<int8_t>(i * 29 % 255 - 127); }

  onnx::NodeProto& AddNode(const std::string& type, const std::vector<std::string>& inputs,
                           const std::string& output) {
    auto* node = graph().add_node();
    node->set_op_type(type);
    node->set_name(output);
    for (const std::string& input : inputs) node->add_input(input);
    node->add_output(output);
    return *node;
  }

 private:
  static void Describe(onnx::ValueInfoProto* info, const std::string& name,
                       const std::vector<int64_t>& dims) {
    info->set_name(name);
    auto* type = info->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    for (int64_t dim : dims) type->mutable_shape()->add_dim()->set_dim_value(dim);
  }
  onnx::TensorProto* AddInitializer(const std::string& name, int type,
                                    const std::vector<int64_t>& dims) {
    auto* tensor = graph().add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(type);
    for (int64_t dim : dims) tensor->add_dims(dim);
    return tensor;
  }
  void AddScales(const std::string& name, const std::vector<float>& scales, int zero_type) {
    const auto count = static_cast<int64_t>(scales.size());
    auto* scale = AddInitializer(name + "_scale", onnx::TensorProto::FLOAT, {count});
    auto* zero = AddInitializer(name + "_zero", zero_type, {count});
    for (float s : scales) {
      scale->add_float_data(s);
      zero->add_int32_data(0);
    }
  }
  void AddReal(const std::string& name) {
    AddNode("DequantizeLinear", {name, name + "_scale", name + "_zero"}, name + "_real");
    auto* axis = Last().add_attribute();
    axis->set_name("axis");
    axis->set_i(0);
  }
  void AddWeights(const std::string& name, const std::vector<int64_t>& dims,
                  const std::vector<float>& scales) {
    auto* tensor = AddInitializer(name, onnx::TensorProto::INT8, dims);
    size_t count = 1;
    for (int64_t dim : dims) count *= static_cast<size_t>(dim);
    std::string raw(count, '\0');
    for (size_t i = 0; i < count; ++i) raw[i] = static_cast<char>(Weight(i));
    tensor->set_raw_data(raw);
    AddScales(name, scales, onnx::TensorProto::INT8);
    AddReal(name);
  }
  void AddBias(const std::string& name, const std::vector<int32_t>& values,
               const std::vector<float>& scales) {
    auto* tensor =
        AddInitializer(name, onnx::TensorProto::INT32, {static_cast<int64_t>(values.size())});
    for (int32_t value : values) tensor->add_int32_data(value);
    AddScales(name, scales, onnx::TensorProto::INT32);
    AddReal(name);
  }
  // Quantizes and dequantizes a value; the name of the result.
  std::string Qdq(const std::string& name, float scale, int8_t zero) {
    AddInitializer(name + "_scale", onnx::TensorProto::FLOAT, {})->add_float_data(scale);
    AddInitializer(name + "_zero", onnx::TensorProto::INT8, {})->add_int32_data(zero);
    AddNode("QuantizeLinear", {name, name + "_scale", name + "_zero"}, name + "_q");
    AddNode("DequantizeLinear", {name + "_q", name + "_scale", name + "_zero"}, name + "_dq");
    return name + "_dq";
  }

  onnx::ModelProto model_;
};

}  // namespace covey::compiler::onnx_import
