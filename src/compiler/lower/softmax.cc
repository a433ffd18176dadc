// softmax: int8 by fixed-point functions, int16 by tables that are computed here.
#include <algorithm>
#include <cmath>

#include "compiler/lower/tables.hpp"
#include "compiler/lower/view.hpp"
#include "kernels/multiplier.hpp"

namespace covey::compiler {
namespace {

float BetaOf(const NodeView& view) {
  const auto* beta = std::get_if<SoftmaxBeta>(&view.node().attributes);
  return beta != nullptr ? beta->beta : 1.0F;
}

Status LowerWideSoftmax(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.SameQuantised(view.in(0), view.out()));
  COVEY_TRY(view.SameElements(view.in(0), view.out()));
  if (std::abs(ScaleOf(view.out()) * 32768 - 1) > 1e-3F) {
    return view.Unsupported("output has scale " + std::to_string(ScaleOf(view.out())) +
                            ", supported for int16 is 1/32768");
  }
  // Differences are counted in steps of 10/65535: below -10 an exponential counts for nothing.
  const double scale = double{ScaleOf(view.in(0)) * BetaOf(view)} / (10.0 / 65535.0);
  const kernels::Multiplier fixed = kernels::Quantise(scale);
  if (!(scale >= 0) || fixed.shift > 14) {
    return view.Unsupported("beta times the input's scale is negative or above 2.5");
  }
  op.Set(SoftmaxAttr{fixed.multiplier, fixed.shift, 0});
  AppendTable(PieceTable([](double x) { return std::exp(x); }, -10, 0), op.params);
  AppendTable(PieceTable([](double x) { return 1 / (1 + x); }, 0, 1), op.params);
  return OkStatus();
}

}  // namespace

Status LowerSoftmax(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1));
  if (view.Floats()) {
    COVEY_TRY(view.Type(view.in(0), DType::kFloat32));
    COVEY_TRY(view.SameElements(view.in(0), view.out()));
    op.Set(SoftmaxAttr{.multiplier = BitsOf(BetaOf(view))});
    return OkStatus();
  }
  if (view.in(0).dtype == DType::kInt16) return LowerWideSoftmax(view, op);
  COVEY_TRY(view.Int8(view.in(0)));
  COVEY_TRY(view.Int8(view.out()));
  COVEY_TRY(view.SameElements(view.in(0), view.out()));
  if (ScaleOf(view.out()) != 1.0F / 256 || ZeroOf(view.out()) != -128) {
    return view.Unsupported("output has scale " + std::to_string(ScaleOf(view.out())) +
                            " and zero point " + std::to_string(ZeroOf(view.out())) +
                            ", supported is 1/256 and -128");
  }
  const double b = double{BetaOf(view)};
  constexpr int kIntegerBits = 5;  // differences are in Q5.26
  const double scale =
      std::min(b * double{ScaleOf(view.in(0))} * (1 << (31 - kIntegerBits)), 2147483647.0);
  if (!(scale > 0)) return view.Unsupported("beta times the input's scale is not positive");
  kernels::Multiplier fixed = kernels::Quantise(scale);
  if (fixed.shift < 0) fixed = {fixed.multiplier >> std::min(-fixed.shift, 31), 0};
  const double radius = std::floor(std::ldexp((1 << kIntegerBits) - 1, 31 - kIntegerBits) /
                                   std::ldexp(1.0, fixed.shift));
  op.Set(SoftmaxAttr{fixed.multiplier, fixed.shift, -static_cast<int32_t>(radius)});
  return OkStatus();
}

}  // namespace covey::compiler
