// Dimensions and positions, for tests that look at tensors element by element.
//
//   for (size_t i = 0; i < Elements(dims); ++i) Use(values[Position(Coordinates(i, dims), dims)]);
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/tensor.hpp"
#include "kernels/host/oracle.hpp"

namespace covey::kernels::shapes {

using Dims = std::vector<int32_t>;

inline size_t Elements(const Dims& dims) {
  size_t count = 1;
  for (int32_t dim : dims) count *= static_cast<size_t>(dim);
  return count;
}

// Position i of a tensor as its coordinates, and back.
inline Dims Coordinates(size_t i, const Dims& dims) {
  Dims at(dims.size());
  for (size_t d = dims.size(); d-- > 0; i /= static_cast<size_t>(dims[d]))
    at[d] = static_cast<int32_t>(i % static_cast<size_t>(dims[d]));
  return at;
}
inline size_t Position(const Dims& at, const Dims& dims) {
  size_t i = 0;
  for (size_t d = 0; d < dims.size(); ++d)
    i = i * static_cast<size_t>(dims[d]) + static_cast<size_t>(at[d]);
  return i;
}

inline Dims DrawDims(oracle::Source& s, int least_rank, int most) {
  Dims dims(static_cast<size_t>(s.Between(least_rank, kMaxRank)));
  for (int32_t& dim : dims) dim = s.Between(1, most);
  return dims;
}

// The operand's value under an output position: dimensions align at the last, ones repeat.
inline int8_t Broadcast(const std::vector<int8_t>& values, const Dims& dims, const Dims& at) {
  Dims mine(dims.size());
  for (size_t d = 0; d < dims.size(); ++d)
    mine[d] = dims[d] == 1 ? 0 : at[at.size() - dims.size() + d];
  return values[Position(mine, dims)];
}

// The output's dimensions, or some that broadcast to them.
inline Dims DrawAddend(oracle::Source& s, const Dims& out) {
  Dims dims = out;
  if (s.Between(0, 1) == 0) return dims;
  for (int32_t& dim : dims) dim = s.Between(0, 2) == 0 ? 1 : dim;
  dims.erase(dims.begin(), dims.begin() + s.Between(0, static_cast<int32_t>(dims.size())));
  return dims;
}

}  // namespace covey::kernels::shapes
