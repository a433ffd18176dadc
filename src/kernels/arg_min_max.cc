#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {

// out: the input's dimensions but `axis`, with ones anywhere.
Status PrepareArgMinMax(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 1));
  const TensorView& in = op.input[0];
  if (in.dtype != DType::kFloat32 && in.dtype != DType::kUint8 && in.dtype != DType::kInt32)
    COVEY_TRY(check.IsActivation("input", in));
  if (op.output[0].dtype != DType::kInt64)
    COVEY_TRY(check.Is("output", op.output[0], DType::kInt32));
  const auto& attr = op.attr_as<ArgMinMaxAttr>();
  COVEY_TRY(check.Between("axis", attr.axis, 0, in.rank() - 1));
  return check.Equal("output elements", op.output[0].elements(),
                     in.elements() / in.dims[attr.axis]);
}

}  // namespace covey::kernels
