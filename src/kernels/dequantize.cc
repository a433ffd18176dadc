#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

// int8, int16 or uint8 -> float32
Status PrepareDequantize(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 1));
  if (op.input[0].dtype != DType::kUint8) COVEY_TRY(check.IsActivation("input", op.input[0]));
  COVEY_TRY(check.Is("output", op.output[0], DType::kFloat32));
  if (!(op.input[0].scale > 0)) return check.Refuse("input", "has no scale", 0, 1);
  return check.Equal("output elements", op.output[0].elements(), op.input[0].elements());
}

}  // namespace covey::kernels
