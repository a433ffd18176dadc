#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {

void RunUnary(const OpView& op) {
  const auto* table = reinterpret_cast<const int8_t*>(op.params.data());
  const auto* in = op.input[0].as<uint8_t>();
  int8_t* out = op.output[0].as_mutable<int8_t>();
  for (size_t i = 0; i < op.output[0].bytes; ++i) out[i] = table[in[i]];
}

}  // namespace covey::kernels::ref
