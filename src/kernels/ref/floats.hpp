// What float32 ops share: a number's bits, the range of an output, the one function of one element.
//
//   if (IsFloat(op.input[0])) return Conv2D<float>(op);
//
// Exact: every sum is taken in the order in which its terms lie in memory, and no product is fused
// into a sum, so that all targets give the same floats.
#pragma once

#include <bit>
#include <cstdint>

#include "core/op_view.hpp"

namespace covey::kernels::ref {

// Generated C++ of a network without float layers answers no and leaves their loops out
// (compiler/cpp/emit_cpp.cc).
inline bool IsFloat(const TensorView& tensor) { return tensor.dtype == DType::kFloat32; }

inline float FloatOf(int32_t bits) { return std::bit_cast<float>(bits); }

// What is no number stays none.
inline float ClampFloat(float value, int32_t least_bits, int32_t most_bits) {
  const float least = FloatOf(least_bits), most = FloatOf(most_bits);
  if (value < least) return least;
  return value > most ? most : value;
}

}  // namespace covey::kernels::ref
