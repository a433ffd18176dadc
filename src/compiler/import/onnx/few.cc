#include "compiler/import/onnx/few.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "compiler/ir/check.hpp"

namespace covey::compiler::onnx_import {
namespace {

template <typename T>
double NumberAt(const Tensor& tensor, size_t i) {
  T value{};
  std::memcpy(&value, tensor.data->data() + i * sizeof(T), sizeof(T));
  return static_cast<double>(value);
}

std::optional<double> NumberAt(const Tensor& tensor, size_t i) {
  switch (tensor.dtype) {
    case DType::kFloat32:
      return NumberAt<float>(tensor, i);
    case DType::kInt8:
      return NumberAt<int8_t>(tensor, i);
    case DType::kUint8:
    case DType::kBool:
      return NumberAt<uint8_t>(tensor, i);
    case DType::kInt16:
      return NumberAt<int16_t>(tensor, i);
    case DType::kInt32:
      return NumberAt<int32_t>(tensor, i);
    case DType::kInt64:
      return NumberAt<int64_t>(tensor, i);
    case DType::kInt4:
    case DType::kNone:
      break;
  }
  return std::nullopt;
}

template <typename T>
void Store(double value, std::byte* to) {
  T stored{};
  if constexpr (std::is_floating_point_v<T>) {
    stored = static_cast<T>(value);
  } else {
    constexpr auto kLeast = static_cast<double>(std::numeric_limits<T>::min());
    constexpr auto kMost = static_cast<double>(std::numeric_limits<T>::max());
    // The largest int64 has no double of its own; "to the end" is written so.
    if (value >= kMost) {
      stored = std::numeric_limits<T>::max();
    } else if (value > kLeast) {
      stored = static_cast<T>(value);
    } else {
      stored = value <= kLeast ? std::numeric_limits<T>::min() : T{};  // not a number: 0
    }
  }
  std::memcpy(to, &stored, sizeof(stored));
}

void Store(DType dtype, double value, std::byte* to) {
  if (dtype == DType::kFloat32) Store<float>(value, to);
  if (dtype == DType::kInt32) Store<int32_t>(value, to);
  if (dtype == DType::kInt64) Store<int64_t>(value, to);
  if (dtype == DType::kInt16) Store<int16_t>(value, to);
  if (dtype == DType::kInt8) Store<int8_t>(value, to);
  if (dtype == DType::kUint8) Store<uint8_t>(value, to);
  if (dtype == DType::kBool) Store<uint8_t>(value != 0 ? 1 : 0, to);
}

}  // namespace

std::optional<Few> FewOf(const Importer& importer, const Value* value, int64_t most) {
  const Tensor* tensor = importer.ConstantOf(value);
  if (tensor == nullptr || tensor->elements() > most) return std::nullopt;
  const Quant& quant = tensor->quant;
  const bool real = value->dtype == DType::kFloat32;
  if (!quant.empty() && !real) return std::nullopt;  // bytes that are read by their scale later
  Few few{real ? DType::kFloat32 : tensor->dtype, tensor->dims, {}};
  size_t inner = 1;
  for (size_t d = tensor->dims.size(); quant.axis >= 0 && d-- > size_t(quant.axis) + 1;) {
    inner *= static_cast<size_t>(tensor->dims[d]);
  }
  for (size_t i = 0; i < static_cast<size_t>(tensor->elements()); ++i) {
    auto number = NumberAt(*tensor, i);
    if (!number) return std::nullopt;
    if (!quant.empty()) {
      const size_t at = i / inner % quant.scales.size();
      number = double{quant.scales[at] * static_cast<float>(*number - quant.zero_points[at])};
    }
    few.values.push_back(*number);
  }
  return few;
}

Result<Value> AddFew(Importer& importer, const std::string& name, const Few& few) {
  Tensor tensor;
  tensor.name = name;
  tensor.dtype = few.dtype;
  tensor.dims = few.dims;
  const size_t width = DTypeBytes(few.dtype);
  std::vector<std::byte> data(few.values.size() * width);
  for (size_t i = 0; i < few.values.size(); ++i) {
    Store(few.dtype, few.values[i], data.data() + i * width);
  }
  COVEY_TRY(importer.Spend(static_cast<int64_t>(data.size())));
  tensor.data = std::make_shared<const std::vector<std::byte>>(std::move(data));
  Value value{.known = true, .dtype = few.dtype, .dims = few.dims};
  COVEY_TRY_ASSIGN(value.native, importer.AddTensor(std::move(tensor)));
  return value;
}

Result<bool> Give(Importer& importer, const ::onnx::NodeProto& node, const Few& few) {
  COVEY_TRY_ASSIGN(const Value value, AddFew(importer, node.output(0), few));
  importer.Alias(node, 0, value);
  return true;
}

Few Picked(const Few& from, const std::vector<int32_t>& dims,
           const std::function<Place(const Place&)>& source) {
  Few made{from.dtype, dims, {}};
  const int64_t count = SafeElements(dims);
  Place place(dims.size(), 0);
  for (int64_t i = 0; i < count; ++i) {
    const Place at = source(place);
    size_t flat = 0;
    for (size_t d = 0; d < at.size(); ++d) {
      flat = flat * static_cast<size_t>(from.dims[d]) + static_cast<size_t>(at[d]);
    }
    made.values.push_back(from.values[flat]);
    for (size_t d = dims.size(); d-- > 0;) {
      if (++place[d] < dims[d]) break;
      place[d] = 0;
    }
  }
  return made;
}

}  // namespace covey::compiler::onnx_import
