#include "compiler/approximate/gemm.hpp"
#if defined(__AVX512F__)
#include "compiler/approximate/gemm_loops.hpp"
#endif

namespace covey::compiler::gemm {

#if defined(__AVX512F__)
namespace {
void Run(Strided a, const float* b, size_t ldb, float* c, size_t ldc, GemmSize size) {
  Multiply<12, 2>(a, b, ldb, c, ldc, size);
}
}  // namespace

Function Avx512() {
  static const bool there = __builtin_cpu_supports("avx512f") != 0;
  return there ? &Run : nullptr;
}
#else
Function Avx512() { return nullptr; }
#endif

}  // namespace covey::compiler::gemm
