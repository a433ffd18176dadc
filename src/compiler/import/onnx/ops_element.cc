// Element-wise ops and quantisation: handlers that keep the layout they find.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "compiler/import/onnx/constant.hpp"
#include "compiler/import/onnx/few.hpp"
#include "compiler/import/onnx/importer.hpp"
#include "compiler/ir/check.hpp"
#include "compiler/report.hpp"

namespace covey::compiler::onnx_import {
namespace {

Result<bool> Unary(Importer& importer, const ::onnx::NodeProto& node, Op op,
                   Activation activation) {
  Value* input = importer.In(node, 0);
  if (input == nullptr || !input->known || importer.ConstantOf(input) != nullptr) return false;
  const bool nhwc = input->nhwc >= 0;
  COVEY_TRY_ASSIGN(const int output, importer.Define(node, 0, input->dtype, input->dims, nhwc));
  importer.AddNode(op, node, {importer.Any(*input)}, output).activation = activation;
  return true;
}

// A bound of Clip: from an input, before opset 11 from an attribute. Nothing if it is computed.
std::optional<float> Bound(Importer& importer, const ::onnx::NodeProto& node, int i,
                           const char* attribute, float otherwise) {
  const Value* value = importer.In(node, i);
  if (value == nullptr) return Attributes(node).Float(attribute, otherwise);
  const auto numbers = FewOf(importer, value);
  if (!numbers || numbers->values.size() != 1) return std::nullopt;
  return static_cast<float>(numbers->values[0]);
}

std::vector<int32_t> Broadcast(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  std::vector<int32_t> dims(std::max(a.size(), b.size()));
  for (size_t i = 0; i < dims.size(); ++i) {
    const int32_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int32_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) return {};
    dims[dims.size() - 1 - i] = x == 1 ? y : x;
  }
  return dims;
}

// The input of an addition in the layout that the addition runs in; -1 if it has none there.
Result<int> Operand(Importer& importer, Value& value, bool nhwc) {
  if (!nhwc) return importer.Native(value);
  if (value.dims.size() == 4) return importer.Nhwc(value);
  if (importer.ConstantOf(&value) == nullptr || importer.At(value.native).quant.axis >= 0) {
    return -1;
  }
  std::vector<int32_t> dims(4 - value.dims.size(), 1);
  dims.insert(dims.end(), value.dims.begin(), value.dims.end());
  return importer.PermutedConstant(importer.ReshapedConstant(value.native, dims), {0, 2, 3, 1});
}

// Scale and zero point of QuantizeLinear and DequantizeLinear.
struct Scaling {
  Quant quant;  // zero points as the file has them
  DType dtype = DType::kUint8;
};
std::optional<Scaling> ScalingOf(Importer& importer, const ::onnx::NodeProto& node,
                                 const Value& input) {
  const Tensor* scale = importer.ConstantOf(importer.In(node, 1));
  if (scale == nullptr) return std::nullopt;
  const auto scales = FloatsOf(*scale);
  if (!scales || scales->empty() || scale->dims.size() > 1) return std::nullopt;
  Scaling scaling;
  scaling.quant.scales = *scales;
  scaling.quant.zero_points.assign(scales->size(), 0);
  if (scale->dims.size() == 1 && scales->size() > 1) {
    int64_t axis = Attributes(node).Int("axis", 1);
    if (axis < 0) axis += static_cast<int64_t>(input.dims.size());
    if (axis < 0 || axis >= static_cast<int64_t>(input.dims.size())) return std::nullopt;
    scaling.quant.axis = static_cast<int>(axis);
    if (input.dims[static_cast<size_t>(axis)] != static_cast<int64_t>(scales->size())) {
      return std::nullopt;
    }
  }
  const Value* zero_value = importer.In(node, 2);
  if (zero_value == nullptr) return scaling;
  const Tensor* zero = importer.ConstantOf(zero_value);
  if (zero == nullptr || zero->elements() != static_cast<int64_t>(scales->size())) {
    return std::nullopt;
  }
  scaling.dtype = zero->dtype;
  for (size_t i = 0; i < scales->size(); ++i) {
    int32_t value = 0;
    switch (zero->dtype) {
      case DType::kInt8:
        value = static_cast<int8_t>((*zero->data)[i]);
        break;
      case DType::kUint8:
        value = static_cast<uint8_t>((*zero->data)[i]);
        break;
      case DType::kInt32:
        std::memcpy(&value, zero->data->data() + i * sizeof(value), sizeof(value));
        break;
      default:
        return std::nullopt;
    }
    scaling.quant.zero_points[i] = value;
  }
  return scaling;
}

// uint8 with zero point z is int8 with zero point z - 128 and every byte less 128: the IR knows the
// latter only.
void ToInt8(Quant& quant) {
  for (int32_t& zero_point : quant.zero_points) zero_point -= 128;
}

// Exact while scales are positive: bytes of a float constant as QuantizeLinear makes them.
std::vector<std::byte> QuantisedBytes(const std::vector<float>& numbers,
                                      const std::vector<int32_t>& dims, const Quant& quant) {
  size_t inner = 1;  // elements that share one entry of the axis
  size_t count = 1;
  if (quant.axis >= 0) {
    count = quant.scales.size();
    for (size_t i = static_cast<size_t>(quant.axis) + 1; i < dims.size(); ++i) {
      inner *= static_cast<size_t>(dims[i]);
    }
  }
  std::vector<std::byte> bytes(numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    const size_t c = i / inner % count;
    const float q =
        std::nearbyint(numbers[i] / quant.scales[c]) + static_cast<float>(quant.zero_points[c]);
    bytes[i] = static_cast<std::byte>(
        static_cast<int8_t>(std::isnan(q) ? 0 : std::clamp(q, -128.0F, 127.0F)));
  }
  return bytes;
}

bool Positive(const Quant& quant) {
  return std::all_of(quant.scales.begin(), quant.scales.end(),
                     [](float scale) { return std::isfinite(scale) && scale > 0; });
}

Result<bool> QuantiseConstant(Importer& importer, const ::onnx::NodeProto& node, const Value& input,
                              const Scaling& scaling) {
  const Quant& quant = scaling.quant;
  Tensor tensor = importer.At(input.native);
  std::vector<float> numbers;
  if (const auto floats = FloatsOf(tensor)) {
    numbers = *floats;
  } else {  // quantised before: its real values, anew
    const auto real = FewOf(importer, &input, kMaxTensorBytes);
    if (!real || real->integers()) return false;
    for (double value : real->values) numbers.push_back(static_cast<float>(value));
  }
  COVEY_TRY(importer.Spend(static_cast<int64_t>(numbers.size())));
  tensor.name = node.output(0);
  tensor.dtype = DType::kInt8;
  tensor.quant = quant;
  tensor.data =
      std::make_shared<const std::vector<std::byte>>(QuantisedBytes(numbers, tensor.dims, quant));
  Value value{.known = true, .dtype = scaling.dtype, .dims = tensor.dims};
  COVEY_TRY_ASSIGN(value.native, importer.AddTensor(std::move(tensor)));
  importer.Alias(node, 0, value);
  return true;
}

// A quantised constant stands for its real values from here on: int8 or int32 with a scale.
Result<bool> DequantiseConstant(Importer& importer, const ::onnx::NodeProto& node,
                                const Value& input, Scaling scaling) {
  Tensor tensor = importer.At(input.native);
  if (tensor.dtype == DType::kUint8) {
    COVEY_TRY(importer.Spend(static_cast<int64_t>(tensor.data->size())));
    std::vector<std::byte> bytes = *tensor.data;
    for (std::byte& byte : bytes) byte ^= std::byte{0x80};
    tensor.data = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    tensor.dtype = DType::kInt8;
    ToInt8(scaling.quant);
  } else if (!tensor.quant.empty() && tensor.quant.zero_points != scaling.quant.zero_points &&
             scaling.dtype == DType::kUint8) {
    ToInt8(scaling.quant);  // folded by QuantiseConstant
  }
  if (tensor.dtype != DType::kInt8 && tensor.dtype != DType::kInt32) return false;
  tensor.quant = scaling.quant;
  Value value{.known = true, .dtype = DType::kFloat32, .dims = tensor.dims};
  COVEY_TRY_ASSIGN(value.native, importer.AddTensor(std::move(tensor)));
  importer.Alias(node, 0, value);
  return true;
}

bool SameQuant(const Quant& a, const Quant& b) {
  return a.scales == b.scales && a.zero_points == b.zero_points;
}

// A uint8 tensor from outside (a model input): shifted to int8, exactly.
Result<int> ShiftToInt8(Importer& importer, const ::onnx::NodeProto& node, int tensor,
                        const Quant& quant) {
  importer.At(tensor).quant = quant;
  Tensor shifted = importer.At(tensor);
  shifted.name += "/int8";
  shifted.dtype = DType::kInt8;
  ToInt8(shifted.quant);
  COVEY_TRY_ASSIGN(const int made, importer.AddTensor(std::move(shifted)));
  importer.AddNode(Op::kQuantize, node, {tensor}, made);
  return made;
}

}  // namespace

Result<bool> Relu(Importer& importer, const ::onnx::NodeProto& node) {
  return Unary(importer, node, Op::kRelu, Activation::kRelu);
}

Result<bool> Clip(Importer& importer, const ::onnx::NodeProto& node) {
  constexpr float kHuge = std::numeric_limits<float>::max();
  const auto least = Bound(importer, node, 1, "min", -kHuge);
  const auto most = Bound(importer, node, 2, "max", kHuge);
  if (!least || !most) return false;
  if (*least == 0 && *most == 6) return Unary(importer, node, Op::kRelu, Activation::kRelu6);
  if (*least == 0 && *most >= kHuge) return Unary(importer, node, Op::kRelu, Activation::kRelu);
  if (*least == -1 && *most == 1) {
    return Unary(importer, node, Op::kRelu, Activation::kReluN1To1);
  }
  return ClipTo(importer, node, *least, *most);
}

Result<bool> Add(Importer& importer, const ::onnx::NodeProto& node) {
  COVEY_TRY_ASSIGN(const bool by_number, ByNumber(importer, node));
  if (by_number) return true;
  return Binary(importer, node, Op::kAdd);
}

Result<bool> Divide(Importer& importer, const ::onnx::NodeProto& node) {
  COVEY_TRY_ASSIGN(const bool by_number, ByNumber(importer, node));
  if (by_number) return true;
  return Binary(importer, node, Op::kDiv);
}

Result<bool> Binary(Importer& importer, const ::onnx::NodeProto& node, Op op) {
  if (node.input_size() != 2) return false;
  Value* a = importer.In(node, 0);
  Value* b = importer.In(node, 1);
  if (a == nullptr || b == nullptr || !a->known || !b->known) return false;
  if (importer.ConstantOf(a) != nullptr && importer.ConstantOf(b) != nullptr) return false;
  std::vector<int32_t> dims = Broadcast(a->dims, b->dims);
  if (dims.empty()) return false;
  const bool nhwc = dims.size() == 4 && (a->nhwc >= 0 || b->nhwc >= 0);
  COVEY_TRY_ASSIGN(const int x, Operand(importer, *a, nhwc));
  COVEY_TRY_ASSIGN(const int y, Operand(importer, *b, nhwc));
  if (x < 0 || y < 0) return false;
  COVEY_TRY_ASSIGN(const int output, importer.Define(node, 0, a->dtype, std::move(dims), nhwc));
  importer.AddNode(op, node, {x, y}, output);
  return true;
}

Result<bool> Softmax(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  if (input == nullptr || !input->known || input->dims.empty()) return false;
  const auto rank = static_cast<int64_t>(input->dims.size());
  int64_t axis = Attributes(node).Int("axis", importer.opset() >= 13 ? -1 : 1);
  if (axis < 0) axis += rank;
  const bool channels =
      rank == 4 && axis == 1 && importer.opset() >= 13;  // the last dimension of (N, H, W, C)
  if (!channels && axis != rank - 1) return false;
  COVEY_TRY_ASSIGN(const int from, channels ? importer.Nhwc(*input) : importer.Native(*input));
  COVEY_TRY_ASSIGN(const int output, importer.Define(node, 0, input->dtype, input->dims, channels));
  importer.AddNode(Op::kSoftmax, node, {from}, output).attributes = SoftmaxBeta{};
  return true;
}

Result<bool> QuantizeLinear(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  if (input == nullptr || !input->known) return false;
  auto scaling = ScalingOf(importer, node, *input);
  if (!scaling || !Positive(scaling->quant) || scaling->dtype == DType::kInt32) return false;
  if (scaling->dtype == DType::kUint8) ToInt8(scaling->quant);  // the rim shifts it back
  if (importer.ConstantOf(input) != nullptr) {
    return QuantiseConstant(importer, node, *input, *scaling);
  }
  if (scaling->quant.axis >= 0) return false;
  COVEY_TRY_ASSIGN(const int output,
                   importer.Define(node, 0, scaling->dtype, input->dims, input->nhwc >= 0));
  Tensor& made = importer.At(output);
  made.quant = scaling->quant;
  made.dtype = DType::kInt8;
  importer.AddNode(Op::kQuantize, node, {importer.Any(*input)}, output);
  return true;
}

Result<bool> DequantizeLinear(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  if (input == nullptr || !input->known) return false;
  auto scaling = ScalingOf(importer, node, *input);
  if (!scaling || !Positive(scaling->quant)) return false;
  if (importer.ConstantOf(input) != nullptr) {
    return DequantiseConstant(importer, node, *input, *scaling);
  }
  if (scaling->quant.axis >= 0) return false;
  int from = importer.Any(*input);
  if (importer.At(from).dtype == DType::kUint8) {
    COVEY_TRY_ASSIGN(from, ShiftToInt8(importer, node, from, scaling->quant));
    ToInt8(scaling->quant);
  } else if (importer.At(from).dtype != DType::kInt8) {
    return false;
  } else if (input->dtype == DType::kUint8) {
    ToInt8(scaling->quant);
  }
  if (importer.At(from).quant.empty()) importer.At(from).quant = scaling->quant;
  if (!SameQuant(importer.At(from).quant, scaling->quant)) {
    return Refuse(importer.diag(), {Code::kUnimplemented, "onnx: unsupported quantisation"},
                  "DequantizeLinear '" + node.name() + "'",
                  Describe(importer.At(from)) +
                      " is quantised with another scale or zero point than it is read with");
  }
  COVEY_TRY_ASSIGN(const int output,
                   importer.Define(node, 0, DType::kFloat32, input->dims, input->nhwc >= 0));
  importer.AddNode(Op::kDequantize, node, {from}, output);
  return true;
}

}  // namespace covey::compiler::onnx_import
