// Permute reorders the dimensions of a constant: dimension i of the result is dimension perm[i] of
// the input, as op transpose does it, for its bytes, dimensions and quantisation axis.
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/ir/graph.hpp"

namespace covey::compiler {

// `perm` must be a permutation of the tensor's dimensions, the tensor a constant.
Tensor Permute(const Tensor& tensor, const std::vector<int32_t>& perm);

inline std::vector<int32_t> Permuted(const std::vector<int32_t>& dims,
                                     const std::vector<int32_t>& perm) {
  std::vector<int32_t> result;
  for (int32_t from : perm) result.push_back(dims[static_cast<size_t>(from)]);
  return result;
}

bool IsPermutation(const std::vector<int32_t>& perm, size_t rank);

}  // namespace covey::compiler
