// Sixteen bytes at a time: a load, a gather from the table, a store.
#include <arm_mve.h>

#include "kernels/mve/run.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::mve {

void RunUnary(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return ref::RunUnary(op);
  const auto* const table = reinterpret_cast<const uint8_t*>(op.params.data());
  const auto* in = op.input[0].as<uint8_t>();
  auto* out = op.output[0].as_mutable<uint8_t>();
  auto count = static_cast<int32_t>(op.output[0].bytes);
  // Each step reads before it writes: out may be in, or begin before it.
  for (; count >= 32; count -= 32, in += 32, out += 32) {
    const uint8x16_t first = vldrbq_gather_offset_u8(table, vldrbq_u8(in));
    const uint8x16_t second = vldrbq_gather_offset_u8(table, vldrbq_u8(in + 16));
    vstrbq_u8(out, first);
    vstrbq_u8(out + 16, second);
  }
  for (; count > 0; count -= 16, in += 16, out += 16) {
    const mve_pred16_t rest = vctp8q(static_cast<uint32_t>(count));
    const uint8x16_t bytes = vldrbq_z_u8(in, rest);
    vstrbq_p_u8(out, vldrbq_gather_offset_z_u8(table, bytes, rest), rest);
  }
}

}  // namespace covey::kernels::mve
