#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

Status PreparePad(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 3, 1));  // paddings and value may be kept as inputs 1 and 2
  COVEY_TRY(check.IsNumbers("input", op.input[0]));
  COVEY_TRY(check.Is("output", op.output[0], op.input[0].dtype));
  const auto& attr = op.attr_as<PadAttr>();
  const bool wide = op.input[0].dtype == DType::kInt16;
  if (op.input[0].dtype != DType::kFloat32)
    COVEY_TRY(check.Between("value", attr.value, wide ? -32768 : -128, wide ? 32767 : 127));
  const TensorView& in = op.input[0];
  COVEY_TRY(check.IsRank("output", op.output[0], in.rank()));
  for (int i = 0; i < in.rank(); ++i) {
    COVEY_TRY(check.Between("padding before", attr.before[i], 0, op.output[0].dims[i]));
    COVEY_TRY(check.Between("output dimension", op.output[0].dims[i],
                            int64_t{in.dims[i]} + attr.before[i], 0x7FFFFFFF));
  }
  return OkStatus();
}

}  // namespace covey::kernels
