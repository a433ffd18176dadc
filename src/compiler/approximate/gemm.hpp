// MultiplyAdd is the matrix product behind Tune: c += a * b, in single precision, as fast as this
// processor's vectors are wide.
//
//   MultiplyAdd({.a = x, .row = operands, .step = 1}, weights, wide, y, wide, {windows, wide, n});
//
// Shapes: a is (m, k), read with two strides, so that it may be transposed; b is (k, n) and c (m,
// n), rows after rows; n is a multiple of kWide.
#pragma once

#include <cstddef>

namespace covey::compiler {

inline constexpr size_t kWide = 16;
constexpr size_t Widened(size_t n) { return (n + kWide - 1) / kWide * kWide; }

struct Strided {
  const float* a;
  size_t row, step;  // from a row to the next, from a product to the next
};
struct GemmSize {
  size_t m, n, k;
};

void MultiplyAdd(Strided a, const float* b, size_t ldb, float* c, size_t ldc, GemmSize size);

namespace gemm {
using Function = void (*)(Strided a, const float* b, size_t ldb, float* c, size_t ldc,
                          GemmSize size);
// Null where this program or processor has none.
Function Avx2();
Function Avx512();
}  // namespace gemm

}  // namespace covey::compiler
