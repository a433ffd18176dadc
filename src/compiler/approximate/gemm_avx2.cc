#include "compiler/approximate/gemm.hpp"
#if defined(__AVX2__)
#include "compiler/approximate/gemm_loops.hpp"
#endif

namespace covey::compiler::gemm {

#if defined(__AVX2__)
namespace {
void Run(Strided a, const float* b, size_t ldb, float* c, size_t ldc, GemmSize size) {
  Multiply<6, 1>(a, b, ldb, c, ldc, size);
}
}  // namespace

Function Avx2() {
  static const bool there =
      __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  return there ? &Run : nullptr;
}
#else
Function Avx2() { return nullptr; }
#endif

}  // namespace covey::compiler::gemm
