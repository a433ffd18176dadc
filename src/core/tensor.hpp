// TensorView is one tensor as a kernel sees it: type, dimensions, bytes. Nothing is owned.
//
// Shapes: row-major, the last dimension varies fastest; pictures are (N, H, W, C).
// Units: real = scale * (stored - zero_point).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace covey {

// Numbers are part of the image format and of the wire (docs/spec).
enum class DType : uint8_t {
  kNone = 0,
  kInt8 = 1,
  kUint8 = 2,
  kInt16 = 3,
  kInt32 = 4,
  kInt64 = 5,
  kFloat32 = 6,
  kBool = 7,
  kInt4 = 8,  // weights only, eight in four bytes (kernels/nibbles.hpp)
};
inline constexpr uint8_t kDTypeCount = 9;

const char* DTypeName(DType dtype);  // "int8"; "none" for a number that is no type
size_t DTypeBytes(DType dtype);      // bytes of one element; 0 for kNone and kInt4

// int4: of a row, which is all dimensions but the first; rows are filled up to whole eights.
constexpr int64_t Int4RowBytes(int64_t elements) { return (elements + 7) / 8 * 4; }
// Bytes of a whole tensor, whose dimensions are 0 or more.
size_t TensorBytes(DType dtype, std::span<const int32_t> dims);

inline constexpr int kMaxRank = 6;

struct TensorView {
  DType dtype = DType::kNone;
  std::span<const int32_t> dims;
  std::byte* data = nullptr;  // constants must not be written; kernels write outputs only
  size_t bytes = 0;
  float scale = 0;  // per-tensor scale; 0 if not quantised or per channel
  int32_t zero_point = 0;
  bool state = false;  // kept from run to run; the ops that read it write it, too

  int rank() const { return static_cast<int>(dims.size()); }
  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(data);
  }
  template <typename T>
  T* as_mutable() const {
    return reinterpret_cast<T*>(data);
  }
  int64_t elements() const {
    int64_t count = 1;
    for (int32_t dim : dims) count *= dim;
    return count;
  }
};

}  // namespace covey
