#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {

// Walks the output in order and the input by its steps. Elements of any size.
void RunTranspose(const OpView& op) {
  const auto& attr = op.attr_as<TransposeAttr>();
  const auto in = op.input[0].dims, out = op.output[0].dims;
  const auto element = static_cast<int32_t>(DTypeBytes(op.input[0].dtype));
  const int rank = op.input[0].rank();
  int32_t in_step[kMaxRank] = {}, step[kMaxRank] = {};
  int32_t next = element;
  for (int i = rank - 1; i >= 0; --i) in_step[i] = next, next *= in[i];
  for (int i = 0; i < rank; ++i) step[i] = in_step[attr.perm[i]];

  const std::byte* source = op.input[0].data;
  std::byte* target = op.output[0].data;
  const std::byte* const end = target + op.output[0].bytes;
  int32_t at[kMaxRank] = {};
  while (target != end) {
    for (int32_t i = 0; i < element; ++i) target[i] = source[i];
    target += element;
    for (int d = rank - 1; d >= 0; --d) {
      source += step[d];
      if (++at[d] < out[d]) break;
      source -= step[d] * out[d];
      at[d] = 0;
    }
  }
}

}  // namespace covey::kernels::ref
