// Rows of int4 weights (kernels/nibbles.hpp) made from int8 ones, and back.
//
//   const std::vector<std::byte> packed = ToNibbles(weights, outputs);   // weights -8 to 7
//   const std::vector<int8_t> plain = PlainWeights(op.input[1]);         // int8, or int4 as int8
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/tensor.hpp"

namespace covey::kernels {

std::vector<std::byte> ToNibbles(std::span<const int8_t> weights, int32_t rows);
std::vector<int8_t> PlainWeights(const TensorView& weights);

}  // namespace covey::kernels
