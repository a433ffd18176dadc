// Ops of two inputs that go element by element: mul, prelu, maximum, minimum (add and sub: see
// simple.cc).
#include <algorithm>

#include "compiler/ir/check.hpp"
#include "compiler/lower/view.hpp"
#include "kernels/multiplier.hpp"

namespace covey::compiler {
namespace {

Status CheckPair(const NodeView& view) {
  COVEY_TRY(view.Counts(2, 2));
  for (size_t i : {0, 1}) COVEY_TRY(view.SameNumbers(view.in(i), view.out()));
  COVEY_TRY(view.Broadcasts(view.in(0), view.out()));
  return view.Broadcasts(view.in(1), view.out());
}

// In double precision throughout, as TFLite Micro does; TFLite on a desktop multiplies and divides
// in single precision, and a rare byte of its results is one off from these.
kernels::Multiplier ProductOver(const Tensor& a, const Tensor& b, const Tensor& out) {
  return kernels::Quantise(double{ScaleOf(a)} * double{ScaleOf(b)} / double{ScaleOf(out)});
}
// The product, shifted left, fits int32: 255 * 255 * 2^14 < 2^31, and 2^15 * 2^15 as it is.
constexpr int32_t kMostProductShift = 14, kMostWideShift = 0;

}  // namespace

Status LowerMul(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(2, 2));
  for (size_t i : {0, 1}) {
    COVEY_TRY(view.SameNumbers(view.in(i), view.out()));
    COVEY_TRY(view.Broadcasts(view.in(i), view.out()));
  }
  if (view.Floats()) {
    const ActivationRange range = RangeOf(view.node().activation, view.out());
    op.Set(MulAttr{.activation_min = range.min, .activation_max = range.max});
    return OkStatus();
  }
  const kernels::Multiplier fixed = ProductOver(view.in(0), view.in(1), view.out());
  const int32_t most = view.out().dtype == DType::kInt16 ? kMostWideShift : kMostProductShift;
  if (fixed.shift > most) {
    return view.Unsupported("product of input scales over output scale is above 2^" +
                            std::to_string(most));
  }
  const ActivationRange range = RangeOf(view.node().activation, view.out());
  op.Set(MulAttr{-ZeroOf(view.in(0)), -ZeroOf(view.in(1)), ZeroOf(view.out()), fixed.multiplier,
                 fixed.shift, range.min, range.max});
  return OkStatus();
}

// Addends as those of add, but shifted less: the difference is squared.
Status LowerSquaredDifference(const NodeView& view, Lowered& op) {
  COVEY_TRY(CheckPair(view));
  if (view.Floats()) return OkStatus();
  COVEY_TRY(view.Int8(view.out()));
  AddAttr attr;
  attr.left_shift = 7;
  attr.input0_offset = -ZeroOf(view.in(0));
  attr.input1_offset = -ZeroOf(view.in(1));
  attr.output_offset = ZeroOf(view.out());
  const double s0 = ScaleOf(view.in(0)), s1 = ScaleOf(view.in(1));
  const double twice = 2 * std::max(s0, s1);
  const kernels::Multiplier f0 = kernels::Quantise(s0 / twice), f1 = kernels::Quantise(s1 / twice);
  const kernels::Multiplier out =
      kernels::Quantise(twice * twice / ((1 << 14) * double{ScaleOf(view.out())}));
  if (out.shift > 0)
    return view.Unsupported("square of the input scales over output scale is above 2^12");
  attr.input0_multiplier = f0.multiplier, attr.input0_shift = f0.shift;
  attr.input1_multiplier = f1.multiplier, attr.input1_shift = f1.shift;
  attr.output_multiplier = out.multiplier, attr.output_shift = out.shift;
  const ActivationRange range = RangeOf(view.node().activation, view.out());
  attr.activation_min = range.min, attr.activation_max = range.max;
  op.Set(attr);
  return OkStatus();
}

Status LowerDiv(const NodeView& view, Lowered& op) {
  COVEY_TRY(CheckPair(view));
  COVEY_TRY(view.Type(view.out(), DType::kFloat32));
  const ActivationRange range = RangeOf(view.node().activation, view.out());
  op.Set(MulAttr{.activation_min = range.min, .activation_max = range.max});
  return OkStatus();
}

Status LowerPrelu(const NodeView& view, Lowered& op) {
  COVEY_TRY(CheckPair(view));
  if (view.Floats()) return OkStatus();
  const kernels::Multiplier above =
      kernels::Quantise(double{ScaleOf(view.in(0))} / double{ScaleOf(view.out())});
  const kernels::Multiplier below = ProductOver(view.in(0), view.in(1), view.out());
  const bool wide = view.out().dtype == DType::kInt16;
  if (above.shift > (wide ? 15 : 22) || below.shift > (wide ? kMostWideShift : kMostProductShift)) {
    return view.Unsupported("input scales are too large for the output's");
  }
  op.Set(PreluAttr{-ZeroOf(view.in(0)), -ZeroOf(view.in(1)), ZeroOf(view.out()), above.multiplier,
                   above.shift, below.multiplier, below.shift});
  return OkStatus();
}

Status LowerMaxMin(const NodeView& view, Lowered& op) {
  (void)op;  // bytes compare as their numbers do
  COVEY_TRY(CheckPair(view));
  COVEY_TRY(view.SameQuant(view.in(0), view.out()));
  return view.SameQuant(view.in(1), view.out());
}

}  // namespace covey::compiler
