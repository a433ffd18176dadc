// The loops of gemm.hpp, compiled once for each instruction set: M rows by V vectors stay in
// registers.
//
//   Multiply<8, 2>(a, b, ldb, c, ldc, size);
#pragma once

#include "compiler/approximate/gemm.hpp"

namespace covey::compiler::gemm {
namespace {  // of each file that is compiled for its own instruction set

using Vector = float __attribute__((vector_size(4 * kWide), aligned(4)));

template <size_t M, size_t V>
inline void Tile(Strided a, const float* b, size_t ldb, float* c, size_t ldc, size_t k) {
  Vector sum[M][V];
  for (size_t m = 0; m < M; ++m)
    for (size_t v = 0; v < V; ++v)
      sum[m][v] = *reinterpret_cast<const Vector*>(c + m * ldc + v * kWide);
  for (size_t i = 0; i < k; ++i) {
    Vector x[V];
    for (size_t v = 0; v < V; ++v) x[v] = *reinterpret_cast<const Vector*>(b + i * ldb + v * kWide);
    for (size_t m = 0; m < M; ++m) {
      const float factor = a.a[m * a.row + i * a.step];
      for (size_t v = 0; v < V; ++v) sum[m][v] += x[v] * factor;
    }
  }
  for (size_t m = 0; m < M; ++m)
    for (size_t v = 0; v < V; ++v) *reinterpret_cast<Vector*>(c + m * ldc + v * kWide) = sum[m][v];
}

template <size_t M, size_t V>
inline void Columns(Strided a, const float* b, size_t ldb, float* c, size_t ldc, GemmSize size) {
  size_t m = 0;
  for (; m + M <= size.m; m += M)
    Tile<M, V>({a.a + m * a.row, a.row, a.step}, b, ldb, c + m * ldc, ldc, size.k);
  for (; m < size.m; ++m)
    Tile<1, V>({a.a + m * a.row, a.row, a.step}, b, ldb, c + m * ldc, ldc, size.k);
}

template <size_t M, size_t V>
inline void Multiply(Strided a, const float* b, size_t ldb, float* c, size_t ldc, GemmSize size) {
  size_t n = 0;
  for (; n + V * kWide <= size.n; n += V * kWide) Columns<M, V>(a, b + n, ldb, c + n, ldc, size);
  for (; n < size.n; n += kWide) Columns<M, 1>(a, b + n, ldb, c + n, ldc, size);
}

}  // namespace
}  // namespace covey::compiler::gemm
