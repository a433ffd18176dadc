#include "qdq_onnx.hpp"

#include <onnx.pb.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

namespace covey::bench {
namespace {

using compiler::Graph;
using compiler::Node;
using compiler::Tensor;
using compiler::Window;

std::vector<int64_t> Nchw(const std::vector<int32_t>& dims) {
  if (dims.size() != 4) return {dims.begin(), dims.end()};
  return {dims[0], dims[3], dims[1], dims[2]};
}

// Output and padding in one direction, as TFLite's "same" has it.
int32_t SamePadding(int32_t in, int32_t out, int32_t taps, int32_t stride, int32_t dilation) {
  const int32_t reach = (taps - 1) * dilation + 1;
  return std::max(0, (out - 1) * stride + reach - in);
}

class Writer {
 public:
  Writer(const Graph& graph, Signs signs, Diag& diag) : from_(graph), signs_(signs), diag_(diag) {}

  Result<std::string> Run() {
    for (const Tensor& tensor : from_.tensors) COVEY_TRY(CheckTensor(tensor));
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(13);
    to().set_name(from_.name.empty() ? "network" : from_.name);
    for (const int input : from_.inputs) AddIo(*to().add_input(), input, "");
    for (const int input : from_.inputs) Dequantise(input, At(input).name, Real(input));
    for (const Node& node : from_.nodes) COVEY_TRY(AddNode(node));
    for (const int output : from_.outputs) AddIo(*to().add_output(), output, "");
    return model_.SerializeAsString();
  }

 private:
  onnx::GraphProto& to() { return *model_.mutable_graph(); }
  const Tensor& At(int tensor) const { return from_.tensors[static_cast<size_t>(tensor)]; }
  // The names of a tensor's values: real numbers read, real numbers before they are quantised.
  std::string Real(int tensor) const { return At(tensor).name + "/real"; }
  std::string Raw(int tensor) const { return At(tensor).name + "/raw"; }
  bool is_unsigned() const { return signs_ == Signs::kUnsigned; }
  int ElementType() const {
    return is_unsigned() ? onnx::TensorProto::UINT8 : onnx::TensorProto::INT8;
  }

  void AddIo(onnx::ValueInfoProto& value, int tensor, const std::string& ending) {
    value.set_name(At(tensor).name + ending);
    auto& type = *value.mutable_type()->mutable_tensor_type();
    type.set_elem_type(ElementType());
    for (const int64_t dim : Nchw(At(tensor).dims))
      type.mutable_shape()->add_dim()->set_dim_value(dim);
  }

  onnx::NodeProto& Add(const char* op, const std::vector<std::string>& inputs,
                       const std::string& output) {
    onnx::NodeProto& node = *to().add_node();
    node.set_op_type(op);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }
  static void Set(onnx::NodeProto& node, const char* name, const std::vector<int64_t>& values) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const int64_t value : values) attribute.add_ints(value);
  }
  static void Set(onnx::NodeProto& node, const char* name, int64_t value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  }
  template <typename T>
  void AddConstant(const std::string& name, int type, const std::vector<int64_t>& dims,
                   const std::vector<T>& values) {
    onnx::TensorProto& tensor = *to().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const int64_t dim : dims) tensor.add_dims(dim);
    tensor.set_raw_data(values.data(), values.size() * sizeof(T));
  }

  // The scale and zero point of an activation, once.
  std::vector<std::string> Numbers(int tensor) {
    const std::string scale = At(tensor).name + "/scale", zero = At(tensor).name + "/zero";
    if (done_.insert(tensor).second) {
      const auto& quant = At(tensor).quant;
      AddConstant<float>(scale, onnx::TensorProto::FLOAT, {}, {quant.scales[0]});
      const int32_t point = quant.zero_points[0] + (is_unsigned() ? 128 : 0);
      AddConstant<int8_t>(zero, ElementType(), {}, {static_cast<int8_t>(point)});
    }
    return {scale, zero};
  }
  void Dequantise(int tensor, const std::string& from, const std::string& to) {
    const auto numbers = Numbers(tensor);
    Add("DequantizeLinear", {from, numbers[0], numbers[1]}, to);
  }
  // From Raw(tensor) to the stored tensor and back to Real(tensor).
  void Requantise(int tensor) {
    const auto numbers = Numbers(tensor);
    Add("QuantizeLinear", {Raw(tensor), numbers[0], numbers[1]}, At(tensor).name);
    Dequantise(tensor, At(tensor).name, Real(tensor));
  }

  // Weights as (O, I, KH, KW), dequantised per output channel.
  std::string Weights(const Node& node) {
    const Tensor& weights = At(node.inputs[1]);
    const auto* bytes = reinterpret_cast<const int8_t*>(weights.data->data());
    const bool depthwise = node.op == Op::kDepthwiseConv2D;
    std::vector<int64_t> dims(weights.dims.begin(), weights.dims.end());
    std::vector<int8_t> values(bytes, bytes + weights.elements());
    if (dims.size() == 4) {
      const int64_t taps = dims[1] * dims[2], last = dims[3];
      const int64_t outputs = depthwise ? last : dims[0], inputs = depthwise ? 1 : last;
      for (int64_t o = 0; o < outputs; ++o)
        for (int64_t i = 0; i < inputs; ++i)
          for (int64_t t = 0; t < taps; ++t)
            values[static_cast<size_t>((o * inputs + i) * taps + t)] =
                depthwise ? bytes[t * last + o] : bytes[(o * taps + t) * last + i];
      dims = {outputs, inputs, dims[1], dims[2]};
    }
    const std::string name = weights.name + "/stored";
    AddConstant(name, onnx::TensorProto::INT8, dims, values);
    const auto channels = static_cast<size_t>(dims[0]);
    AddScaled(name, weights.quant.scales, channels, onnx::TensorProto::INT8, 1);
    return name + "/real";
  }
  // Dequantises constant `name` along its first dimension; zero points are 0.
  void AddScaled(const std::string& name, std::vector<float> scales, size_t channels, int type,
                 size_t element_bytes) {
    scales.resize(channels, scales[0]);
    const auto count = static_cast<int64_t>(channels);
    AddConstant(name + "/scale", onnx::TensorProto::FLOAT, {count}, scales);
    AddConstant(name + "/zero", type, {count}, std::vector<char>(channels * element_bytes));
    Set(Add("DequantizeLinear", {name, name + "/scale", name + "/zero"}, name + "/real"), "axis",
        int64_t{0});
  }
  std::string Bias(const Node& node) {
    const Tensor& bias = At(node.inputs[2]);
    const auto channels = static_cast<size_t>(bias.elements());
    std::vector<int32_t> values(channels);
    std::memcpy(values.data(), bias.data->data(), channels * 4);
    std::vector<float> scales = At(node.inputs[1]).quant.scales;
    for (float& scale : scales) scale *= At(node.inputs[0]).quant.scales[0];
    const std::string name = bias.name + "/stored";
    AddConstant(name, onnx::TensorProto::INT32, {static_cast<int64_t>(channels)}, values);
    AddScaled(name, scales, channels, onnx::TensorProto::INT32, 4);
    return name + "/real";
  }

  void SetWindow(onnx::NodeProto& node, const Window& w, int32_t taps_h, int32_t taps_w,
                 const Node& from) {
    const auto& in = At(from.inputs[0]).dims;
    const auto& out = At(from.outputs[0]).dims;
    int32_t top = w.pad_top, left = w.pad_left, bottom = w.pad_bottom, right = w.pad_right;
    if (w.padding == compiler::Padding::kValid) top = left = bottom = right = 0;
    if (w.padding == compiler::Padding::kSame) {
      const int32_t high = SamePadding(in[1], out[1], taps_h, w.stride_h, w.dilation_h);
      const int32_t wide = SamePadding(in[2], out[2], taps_w, w.stride_w, w.dilation_w);
      top = high / 2, bottom = high - top, left = wide / 2, right = wide - left;
    }
    Set(node, "strides", {w.stride_h, w.stride_w});
    Set(node, "pads", {top, left, bottom, right});
    Set(node, "kernel_shape", {taps_h, taps_w});
  }

  // A clamp that the output's range does not imply.
  std::string AfterActivation(const Node& node) const {
    const int output = node.outputs[0];
    const bool implied =
        node.activation == compiler::Activation::kNone || At(output).quant.zero_points[0] == -128;
    return implied ? Raw(output) : Raw(output) + "/before";
  }
  void AddActivation(const Node& node) {
    const std::string before = AfterActivation(node);
    if (before != Raw(node.outputs[0])) Add("Relu", {before}, Raw(node.outputs[0]));
    Requantise(node.outputs[0]);
  }

  void AddConv(const Node& node) {
    const auto& w = std::get<Window>(node.attributes);
    const auto& filter = At(node.inputs[1]).dims;
    std::vector<std::string> inputs{Real(node.inputs[0]), Weights(node)};
    if (node.inputs.size() > 2 && node.inputs[2] != compiler::kNoTensor)
      inputs.push_back(Bias(node));
    onnx::NodeProto& conv = Add("Conv", inputs, AfterActivation(node));
    SetWindow(conv, w, filter[1], filter[2], node);
    Set(conv, "dilations", {w.dilation_h, w.dilation_w});
    Set(conv, "group",
        node.op == Op::kDepthwiseConv2D ? int64_t{At(node.inputs[0]).dims[3]} : w.groups);
    AddActivation(node);
  }
  void AddFullyConnected(const Node& node) {
    std::vector<std::string> inputs{Real(node.inputs[0]), Weights(node)};
    if (node.inputs.size() > 2 && node.inputs[2] != compiler::kNoTensor)
      inputs.push_back(Bias(node));
    Set(Add("Gemm", inputs, AfterActivation(node)), "transB", int64_t{1});
    AddActivation(node);
  }
  void AddPool(const Node& node, const char* op) {
    const auto& w = std::get<Window>(node.attributes);
    SetWindow(Add(op, {Real(node.inputs[0])}, AfterActivation(node)), w, w.window_h, w.window_w,
              node);
    AddActivation(node);
  }
  Status AddReshape(const Node& node) {
    const auto& in = At(node.inputs[0]).dims;
    if (in.size() == 4 && in[1] * in[2] != 1 && in[3] != 1)
      return Refuse(node, "mixes rows and channels");
    const std::string shape = At(node.outputs[0]).name + "/shape";
    const auto dims = Nchw(At(node.outputs[0]).dims);
    AddConstant(shape, onnx::TensorProto::INT64, {static_cast<int64_t>(dims.size())}, dims);
    Add("Reshape", {Real(node.inputs[0]), shape}, Raw(node.outputs[0]));
    Requantise(node.outputs[0]);
    return OkStatus();
  }
  Status AddNode(const Node& node) {
    switch (node.op) {
      case Op::kConv2D:
      case Op::kDepthwiseConv2D:
        AddConv(node);
        return OkStatus();
      case Op::kFullyConnected:
        AddFullyConnected(node);
        return OkStatus();
      case Op::kAdd:
        Add("Add", {Real(node.inputs[0]), Real(node.inputs[1])}, AfterActivation(node));
        AddActivation(node);
        return OkStatus();
      case Op::kAveragePool2D:
        AddPool(node, "AveragePool");
        return OkStatus();
      case Op::kMaxPool2D:
        AddPool(node, "MaxPool");
        return OkStatus();
      case Op::kMean:  // over rows and columns, as importers make it
        Add("GlobalAveragePool", {Real(node.inputs[0])}, Raw(node.outputs[0]));
        Requantise(node.outputs[0]);
        return OkStatus();
      case Op::kReshape:
        return AddReshape(node);
      case Op::kSoftmax:
        Set(Add("Softmax", {Real(node.inputs[0])}, Raw(node.outputs[0])), "axis", int64_t{-1});
        Requantise(node.outputs[0]);
        return OkStatus();
      default:
        return Refuse(node, "is not written as ONNX");
    }
  }
  Status CheckTensor(const Tensor& tensor) {
    const bool quantised = tensor.dtype == DType::kInt8 && !tensor.quant.empty();
    if (tensor.constant() || quantised) return OkStatus();
    const std::string subject = "tensor '" + tensor.name + "'";
    diag_.Report({.subject = subject.c_str(), .problem = "is not int8; give a .tflite in int8"});
    return Status(Code::kUnimplemented, "qdq onnx: a tensor is not int8");
  }
  Status Refuse(const Node& node, const char* problem) {
    const std::string subject = node.source_op + " '" + node.name + "'";
    diag_.Report({.subject = subject.c_str(), .problem = problem});
    return Status(Code::kUnimplemented, "qdq onnx: an op is not written");
  }

  const Graph& from_;
  Signs signs_;
  Diag& diag_;
  onnx::ModelProto model_;
  std::set<int> done_;
};

}  // namespace

Result<std::string> QdqOnnx(const Graph& graph, Signs signs, Diag& diag) {
  return Writer(graph, signs, diag).Run();
}

}  // namespace covey::bench
