// batch_matmul, arg_max, arg_min.
#include "compiler/ir/check.hpp"
#include "compiler/lower/view.hpp"
#include "kernels/multiplier.hpp"

namespace covey::compiler {

Status LowerBatchMatMul(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(2, 2));
  COVEY_TRY(view.SameNumbers(view.in(0), view.out()));
  COVEY_TRY(view.SameNumbers(view.in(1), view.out()));
  const auto* product = std::get_if<MatMul>(&view.node().attributes);
  if (product == nullptr) return view.Bad("does not say which inputs are transposed");
  const ActivationRange range = RangeOf(view.node().activation, view.out());
  if (view.Floats()) {
    op.Set(BatchMatMulAttr{.transposed0 = product->transposed0,
                           .transposed1 = product->transposed1,
                           .activation_min = range.min,
                           .activation_max = range.max});
    return OkStatus();
  }
  // The scales' product is single precision in the reference, as for fully connected layers.
  const double scale =
      static_cast<double>(ScaleOf(view.in(0)) * ScaleOf(view.in(1))) / double{ScaleOf(view.out())};
  const kernels::Multiplier fixed = kernels::Quantise(scale);
  const int most_shift = view.out().dtype == DType::kInt16 ? 7 : 30;
  if (fixed.shift > most_shift) {
    return view.Unsupported("multiplier is above 2^" + std::to_string(most_shift));
  }
  op.Set(BatchMatMulAttr{product->transposed0, product->transposed1, -ZeroOf(view.in(0)),
                         -ZeroOf(view.in(1)), ZeroOf(view.out()), fixed.multiplier, fixed.shift,
                         range.min, range.max});
  return OkStatus();
}

Status LowerArgMinMax(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1));
  const auto* axis = std::get_if<Axis>(&view.node().attributes);
  if (axis == nullptr) return view.Bad("has no axis");
  op.Set(ArgMinMaxAttr{axis->axis});
  return OkStatus();
}

}  // namespace covey::compiler
