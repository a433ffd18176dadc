#include "compiler/import/onnx/constant.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include "compiler/ir/check.hpp"
#include "compiler/report.hpp"

namespace covey::compiler::onnx_import {
namespace {

constexpr Status kDamaged(Code::kDataLoss, "onnx: the file is damaged");
constexpr Status kUnsupported(Code::kUnimplemented, "onnx: unsupported constant");

// Typed fields hold small types in wider ones; `To` is what is stored.
template <typename To, typename Field>
std::vector<std::byte> Narrow(const Field& field) {
  std::vector<std::byte> bytes(static_cast<size_t>(field.size()) * sizeof(To));
  for (int i = 0; i < field.size(); ++i) {
    const To value = static_cast<To>(field.Get(i));
    std::memcpy(bytes.data() + static_cast<size_t>(i) * sizeof(To), &value, sizeof(To));
  }
  return bytes;
}

// Half and double precision are read as single: all that the ops know.
float OfHalf(uint16_t half) {
  const uint32_t exponent = (half >> 10) & 31, fraction = half & 1023;
  const float sign = (half & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) {
    return fraction != 0 ? std::numeric_limits<float>::quiet_NaN()
                         : sign * std::numeric_limits<float>::infinity();
  }
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(fraction + 1024), static_cast<int>(exponent) - 25);
}

template <typename From>
std::vector<std::byte> Singles(const std::string& raw, float (*single)(From)) {
  std::vector<std::byte> bytes(raw.size() / sizeof(From) * sizeof(float));
  for (size_t i = 0; i < raw.size() / sizeof(From); ++i) {
    From stored{};
    std::memcpy(&stored, raw.data() + i * sizeof(From), sizeof(From));
    const float value = single(stored);
    std::memcpy(bytes.data() + i * sizeof(float), &value, sizeof(float));
  }
  return bytes;
}

float OfDouble(double value) { return static_cast<float>(value); }

// Of another precision than single; nothing if the type is none of these.
std::optional<std::vector<std::byte>> OtherFloats(const ::onnx::TensorProto& from) {
  if (from.data_type() == ::onnx::TensorProto::DOUBLE) {
    if (from.has_raw_data()) return Singles<double>(from.raw_data(), OfDouble);
    return Narrow<float>(from.double_data());
  }
  if (from.data_type() != ::onnx::TensorProto::FLOAT16) return std::nullopt;
  if (from.has_raw_data()) return Singles<uint16_t>(from.raw_data(), OfHalf);
  std::vector<float> values;
  for (int32_t half : from.int32_data()) values.push_back(OfHalf(static_cast<uint16_t>(half)));
  std::vector<std::byte> bytes(values.size() * sizeof(float));
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::vector<std::byte> BytesOf(const ::onnx::TensorProto& from, DType dtype) {
  if (from.has_raw_data()) {
    const auto* raw = reinterpret_cast<const std::byte*>(from.raw_data().data());
    return {raw, raw + from.raw_data().size()};
  }
  switch (dtype) {
    case DType::kFloat32:
      return Narrow<float>(from.float_data());
    case DType::kInt8:
      return Narrow<int8_t>(from.int32_data());
    case DType::kUint8:
    case DType::kBool:
      return Narrow<uint8_t>(from.int32_data());
    case DType::kInt16:
      return Narrow<int16_t>(from.int32_data());
    case DType::kInt32:
      return Narrow<int32_t>(from.int32_data());
    case DType::kInt64:
      return Narrow<int64_t>(from.int64_data());
    case DType::kInt4:
    case DType::kNone:
      break;
  }
  return {};
}

}  // namespace

DType TypeOf(int32_t onnx_type) {
  switch (onnx_type) {
    case ::onnx::TensorProto::FLOAT:
      return DType::kFloat32;
    case ::onnx::TensorProto::UINT8:
      return DType::kUint8;
    case ::onnx::TensorProto::INT8:
      return DType::kInt8;
    case ::onnx::TensorProto::INT16:
      return DType::kInt16;
    case ::onnx::TensorProto::INT32:
      return DType::kInt32;
    case ::onnx::TensorProto::INT64:
      return DType::kInt64;
    case ::onnx::TensorProto::BOOL:
      return DType::kBool;
    default:
      return DType::kNone;
  }
}

Result<Tensor> ReadConstant(const ::onnx::TensorProto& from, Diag& diag) {
  Tensor tensor;
  tensor.name = from.name();
  tensor.dtype = TypeOf(from.data_type());
  const std::string who = "initializer '" + from.name() + "'";
  if (from.data_location() == ::onnx::TensorProto::EXTERNAL || from.external_data_size() > 0) {
    return Refuse(diag, kUnsupported, who,
                  "keeps its data in another file, expected it in this one");
  }
  for (int64_t dim : from.dims()) {
    if (dim < 0 || dim > std::numeric_limits<int32_t>::max()) {
      return Refuse(diag, kDamaged, who, "dimension " + std::to_string(dim));
    }
    tensor.dims.push_back(static_cast<int32_t>(dim));
  }
  auto floats = OtherFloats(from);
  if (floats) tensor.dtype = DType::kFloat32;
  const int64_t elements = SafeElements(tensor.dims);
  if (elements < 0) return Refuse(diag, kDamaged, who, "dimensions are too large");
  if (tensor.dtype == DType::kNone) {
    return Refuse(diag, kUnsupported, who,
                  "has ONNX data type " + std::to_string(from.data_type()) +
                      ", supported are float32, int8, uint8, int16, int32, int64 and bool");
  }
  std::vector<std::byte> bytes = floats ? std::move(*floats) : BytesOf(from, tensor.dtype);
  const size_t wanted = static_cast<size_t>(elements) * DTypeBytes(tensor.dtype);
  if (bytes.size() != wanted) {
    return Refuse(diag, kDamaged, who,
                  "holds " + std::to_string(bytes.size()) + " bytes, its dimensions " +
                      ShapeText(tensor.dims) + " need " + std::to_string(wanted));
  }
  tensor.data = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  return tensor;
}

std::optional<std::vector<int32_t>> IntsOf(const Tensor& tensor) {
  if (!tensor.constant()) return std::nullopt;
  if (tensor.dtype != DType::kInt32 && tensor.dtype != DType::kInt64) return std::nullopt;
  const size_t width = DTypeBytes(tensor.dtype);
  std::vector<int32_t> numbers(tensor.data->size() / width);
  for (size_t i = 0; i < numbers.size(); ++i) {
    int64_t value = 0;
    int32_t narrow = 0;
    std::memcpy(width == sizeof(value) ? static_cast<void*>(&value) : &narrow,
                tensor.data->data() + i * width, width);
    if (width == sizeof(narrow)) value = narrow;
    // "to the end" is written as the largest int64.
    value = std::min<int64_t>(value, std::numeric_limits<int32_t>::max());
    value = std::max<int64_t>(value, std::numeric_limits<int32_t>::min());
    numbers[i] = static_cast<int32_t>(value);
  }
  return numbers;
}

std::optional<std::vector<float>> FloatsOf(const Tensor& tensor) {
  if (!tensor.constant() || tensor.dtype != DType::kFloat32) return std::nullopt;
  std::vector<float> numbers(tensor.data->size() / sizeof(float));
  if (!numbers.empty()) std::memcpy(numbers.data(), tensor.data->data(), tensor.data->size());
  return numbers;
}

}  // namespace covey::compiler::onnx_import
