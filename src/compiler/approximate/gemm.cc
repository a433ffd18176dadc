#include "compiler/approximate/gemm.hpp"

#include "compiler/approximate/gemm_loops.hpp"

namespace covey::compiler {
namespace {

void Portable(Strided a, const float* b, size_t ldb, float* c, size_t ldc, GemmSize size) {
  gemm::Multiply<2, 1>(a, b, ldb, c, ldc, size);
}

}  // namespace

void MultiplyAdd(Strided a, const float* b, size_t ldb, float* c, size_t ldc, GemmSize size) {
  static const gemm::Function best = gemm::Avx512() != nullptr ? gemm::Avx512()
                                     : gemm::Avx2() != nullptr ? gemm::Avx2()
                                                               : &Portable;
  best(a, b, ldb, c, ldc, size);
}

}  // namespace covey::compiler
