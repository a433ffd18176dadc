#include "kernels/check.hpp"
#include "kernels/prepare.hpp"
#include "kernels/ref/lookup.hpp"
#include "kernels/ref/sigmoid.hpp"

namespace covey::kernels {
namespace {

Status CheckWide(const Check& check, const OpView& op) {
  const auto& attr = op.attr_as<UnaryAttr>();
  switch (static_cast<UnaryKind>(attr.kind)) {
    case UnaryKind::kLogistic:
    case UnaryKind::kTanh:
      // x * multiplier + half fits int32.
      COVEY_TRY(check.Between("multiplier", attr.multiplier, 0, 32767));
      COVEY_TRY(check.Between("shift", attr.shift, 0, 30));
      return check.Equal("words of the table", static_cast<int64_t>(op.params.size()),
                         ref::kSigmoidWords);
    case UnaryKind::kLeakyRelu:
    case UnaryKind::kAbs:
      // Shifted left, 2^15 stays within int32; a slope may be negative.
      COVEY_TRY(check.Scaling(attr.multiplier, attr.shift, 15));
      COVEY_TRY(
          check.Between("multiplier below 0", attr.below_multiplier, -0x7FFFFFFF, 0x7FFFFFFF));
      return check.Between("shift below 0", attr.below_shift, -31, 15);
    default:
      COVEY_TRY(check.Between("kind", attr.kind, 0, static_cast<int32_t>(UnaryKind::kTable) - 1));
      return check.Equal("words of the table", static_cast<int64_t>(op.params.size()),
                         ref::kLookupWords);
  }
}

}  // namespace

Status PrepareUnary(const OpView& op, Diag& diag) {
  constexpr int64_t kTableWords = 256 / sizeof(int32_t);
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 1));
  COVEY_TRY(check.IsNumbers("input", op.input[0]));
  COVEY_TRY(check.Is("output", op.output[0], op.input[0].dtype));
  COVEY_TRY(check.Equal("output elements", op.output[0].elements(), op.input[0].elements()));
  if (op.input[0].dtype == DType::kFloat32) {
    return check.Between("kind", op.attr_as<UnaryAttr>().kind, 0,
                         static_cast<int32_t>(UnaryKind::kTable) - 1);
  }
  if (op.input[0].dtype == DType::kInt16) return CheckWide(check, op);
  return check.Equal("words of the table", static_cast<int64_t>(op.params.size()), kTableWords);
}

}  // namespace covey::kernels
