#include "core/tensor.hpp"

namespace covey {

const char* DTypeName(DType dtype) {
  static constexpr const char* kNames[kDTypeCount] = {"none",  "int8",    "uint8", "int16", "int32",
                                                      "int64", "float32", "bool",  "int4"};
  const auto number = static_cast<uint8_t>(dtype);
  return number < kDTypeCount ? kNames[number] : "none";
}

size_t DTypeBytes(DType dtype) {
  static constexpr uint8_t kBytes[kDTypeCount] = {0, 1, 1, 2, 4, 8, 4, 1, 0};
  const auto number = static_cast<uint8_t>(dtype);
  return number < kDTypeCount ? kBytes[number] : 0;
}

size_t TensorBytes(DType dtype, std::span<const int32_t> dims) {
  int64_t elements = 1;
  const bool rows = dtype == DType::kInt4 && !dims.empty();
  for (const int32_t dim : dims.subspan(rows ? 1 : 0)) elements *= dim;
  if (rows) return static_cast<size_t>(dims[0] * Int4RowBytes(elements));
  return static_cast<size_t>(elements) * DTypeBytes(dtype);
}

}  // namespace covey
