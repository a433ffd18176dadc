#include "compiler/ir/permute.hpp"

#include <cstring>

namespace covey::compiler {

bool IsPermutation(const std::vector<int32_t>& perm, size_t rank) {
  std::vector<bool> seen(rank);
  if (perm.size() != rank) return false;
  for (int32_t from : perm) {
    if (from < 0 || static_cast<size_t>(from) >= rank || seen[static_cast<size_t>(from)]) {
      return false;
    }
    seen[static_cast<size_t>(from)] = true;
  }
  return true;
}

Tensor Permute(const Tensor& tensor, const std::vector<int32_t>& perm) {
  const size_t rank = perm.size();
  Tensor result = tensor;
  result.dims = Permuted(tensor.dims, perm);
  std::vector<size_t> stride(rank, 1);  // of the input, in elements
  for (size_t i = rank; i-- > 1;) {
    stride[i - 1] = stride[i] * static_cast<size_t>(tensor.dims[i]);
  }
  for (size_t i = 0; i < rank; ++i) {
    if (tensor.quant.axis == perm[i]) result.quant.axis = static_cast<int>(i);
  }
  const size_t width = DTypeBytes(tensor.dtype);
  std::vector<std::byte> data(tensor.data->size());
  std::vector<int32_t> at(rank, 0);
  for (size_t to = 0; to < data.size(); to += width) {
    size_t from = 0;
    for (size_t i = 0; i < rank; ++i) {
      from += static_cast<size_t>(at[i]) * stride[static_cast<size_t>(perm[i])];
    }
    std::memcpy(data.data() + to, tensor.data->data() + from * width, width);
    for (size_t i = rank; i-- > 0;) {
      if (++at[i] < result.dims[i]) break;
      at[i] = 0;
    }
  }
  result.data = std::make_shared<const std::vector<std::byte>>(std::move(data));
  return result;
}

}  // namespace covey::compiler
