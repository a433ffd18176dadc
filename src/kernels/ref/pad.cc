#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {

void RunPad(const OpView& op) {
  const auto& attr = op.attr_as<PadAttr>();
  const auto in = op.input[0].dims, out = op.output[0].dims;
  __builtin_memset(op.output[0].data, attr.value, op.output[0].bytes);

  const int last = op.input[0].rank() - 1;
  int32_t steps[kMaxRank] = {};  // of the output
  int32_t step = 1;
  std::byte* target = op.output[0].data;
  for (int i = last; i >= 0; --i) {
    steps[i] = step;
    target += attr.before[i] * step;
    step *= out[i];
  }
  const size_t row = last < 0 ? 1 : static_cast<size_t>(in[last]);
  const std::byte* source = op.input[0].data;
  const std::byte* const end = source + op.input[0].bytes;
  int32_t at[kMaxRank] = {};
  while (source != end) {
    __builtin_memcpy(target, source, row);
    source += row;
    for (int d = last - 1; d >= 0; --d) {
      target += steps[d];
      if (++at[d] < in[d]) break;
      target -= steps[d] * in[d];
      at[d] = 0;
    }
  }
}

}  // namespace covey::kernels::ref
