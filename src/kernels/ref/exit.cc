#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {

void RunExit(const OpView& op) {
  const int8_t* scores = op.input[0].as<int8_t>();
  int32_t best = scores[0], second = -129;  // below every score
  for (size_t i = 1; i < op.input[0].bytes; ++i) {
    const int32_t score = scores[i];
    if (score > best) {
      second = best;
      best = score;
    } else if (score > second) {
      second = score;
    }
  }
  const bool sure = best - second >= op.attr_as<ExitAttr>().margin;
  *op.output[0].as_mutable<int8_t>() = sure ? 1 : 0;
}

void RunSelect(const OpView& op) {
  const bool first = *op.input[0].as<int8_t>() != 0;
  __builtin_memcpy(op.output[0].data, op.input[first ? 1 : 2].data, op.output[0].bytes);
}

}  // namespace covey::kernels::ref
