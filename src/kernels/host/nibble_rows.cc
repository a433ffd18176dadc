#include "kernels/host/nibble_rows.hpp"

#include "kernels/nibbles.hpp"

namespace covey::kernels {

std::vector<std::byte> ToNibbles(std::span<const int8_t> weights, int32_t rows) {
  const size_t terms = weights.size() / static_cast<size_t>(rows);
  const auto row_bytes = static_cast<size_t>(Int4RowBytes(static_cast<int64_t>(terms)));
  std::vector<std::byte> bytes(static_cast<size_t>(rows) * row_bytes);
  for (size_t r = 0; r < static_cast<size_t>(rows); ++r)
    for (size_t i = 0; i < terms; ++i) {
      const int nibble = weights[r * terms + i] & 15;
      bytes[r * row_bytes + i / 8 * 4 + i % 4] |=
          static_cast<std::byte>(i % 8 < 4 ? nibble : nibble << 4);
    }
  return bytes;
}

std::vector<int8_t> PlainWeights(const TensorView& weights) {
  const auto count = static_cast<size_t>(weights.elements());
  if (weights.dtype != DType::kInt4) {
    const auto* const plain = weights.as<int8_t>();
    return {plain, plain + count};
  }
  std::vector<int8_t> plain;
  plain.reserve(count);
  const int32_t terms = RowTerms(weights);
  for (int32_t row = 0; row < weights.dims[0]; ++row)
    for (int32_t i = 0; i < terms; ++i)
      plain.push_back(static_cast<int8_t>(Nibble(RowOf(weights, row), i)));
  return plain;
}

}  // namespace covey::kernels
