#include "core/tensor.hpp"

namespace covey {

const char* DTypeName(DType dtype) {
  static constexpr const char* kNames[kDTypeCount] = {"none",  "int8",  "uint8",   "int16",
                                                      "int32", "int64", "float32", "bool"};
  const auto number = static_cast<uint8_t>(dtype);
  return number < kDTypeCount ? kNames[number] : "none";
}

size_t DTypeBytes(DType dtype) {
  static constexpr uint8_t kBytes[kDTypeCount] = {0, 1, 1, 2, 4, 8, 4, 1};
  const auto number = static_cast<uint8_t>(dtype);
  return number < kDTypeCount ? kBytes[number] : 0;
}

}  // namespace covey
