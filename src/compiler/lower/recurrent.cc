// svdf and lstm: scales are multiplied in single precision, as the reference does it.
#include <algorithm>
#include <cmath>

#include "compiler/ir/check.hpp"
#include "compiler/lower/view.hpp"
#include "kernels/multiplier.hpp"

namespace covey::compiler {
namespace {

Status Fixed(const NodeView& view, float scale, int32_t& multiplier, int32_t& shift) {
  if (!std::isfinite(scale) || scale <= 0) return view.Unsupported("a product of scales is 0");
  const kernels::Multiplier fixed = kernels::Quantise(double{scale});
  if (fixed.shift > 30) return view.Unsupported("a product of scales is above 2^30");
  multiplier = fixed.multiplier;
  shift = fixed.shift;
  return OkStatus();
}

// Multipliers and shifts of four gates' sums, to Q3.12.
Status AppendGates(const NodeView& view, const std::vector<float>& weights, const Tensor& in,
                   std::vector<int32_t>& params) {
  if (weights.size() != 4) return view.Bad("has no scale for each gate");
  const size_t first = params.size();
  params.resize(first + 8);
  for (size_t gate = 0; gate < 4; ++gate) {
    const float scale = weights[gate] * ScaleOf(in) / std::ldexp(1.0F, -12);
    COVEY_TRY(Fixed(view, scale, params[first + gate], params[first + gate + 4]));
  }
  return OkStatus();
}

}  // namespace

Status LowerSvdf(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(3, 5));
  const auto* rank = std::get_if<FilterRank>(&view.node().attributes);
  if (rank == nullptr || !view.has(4)) return view.Bad("has no rank or no state");
  const Tensor &feature = view.in(1), &time = view.in(2), &state = view.in(4);
  COVEY_TRY(view.Int8(view.in(0)));
  COVEY_TRY(view.Int8(feature));
  COVEY_TRY(view.SameQuantised(time, state));
  COVEY_TRY(view.Int8(view.out()));
  if (ZeroOf(feature) != 0 || ZeroOf(time) != 0 || ZeroOf(state) != 0) {
    return view.Unsupported("weights or state have a zero point, supported is 0");
  }
  SvdfAttr attr;
  attr.rank = rank->rank;
  attr.input_zero_point = ZeroOf(view.in(0));
  attr.output_offset = ZeroOf(view.out());
  COVEY_TRY(Fixed(view, ScaleOf(view.in(0)) * ScaleOf(feature) / ScaleOf(state),
                  attr.feature_multiplier, attr.feature_shift));
  COVEY_TRY(Fixed(view, ScaleOf(state) * ScaleOf(time) / ScaleOf(view.out()),
                  attr.output_multiplier, attr.output_shift));
  // The reference asks for relu and then only saturates: relu is the zero point at the end of int8.
  if (view.node().activation != Activation::kNone && view.node().activation != Activation::kRelu) {
    return view.Unsupported("fused activation is neither relu nor none");
  }
  op.Set(attr);
  return OkStatus();
}

Status LowerLstm(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(6, 6));
  const auto* recurrence = std::get_if<Recurrence>(&view.node().attributes);
  if (recurrence == nullptr) return view.Bad("has no attributes");
  COVEY_TRY(view.Int8(view.in(0)));
  COVEY_TRY(view.Int8(view.in(4)));
  COVEY_TRY(view.Quantised(view.in(5)));
  COVEY_TRY(view.Int8(view.out()));
  const float cell_scale = ScaleOf(view.in(5));
  const float exact = std::log2(cell_scale);
  const int cell_shift = static_cast<int>(std::round(exact));
  if (std::abs(exact - std::round(exact)) > 1e-3F || cell_shift < -15 || cell_shift > -9) {
    return view.Unsupported(Describe(view.in(5)) + " has scale " + std::to_string(cell_scale) +
                            ", supported is a power of two from 2^-15 to 2^-9");
  }
  LstmAttr attr;
  attr.time_major = recurrence->time_major ? 1 : 0;
  attr.cell_shift = cell_shift;
  if (recurrence->cell_clip > 0) {
    const float clip = std::clamp(recurrence->cell_clip / cell_scale, 0.0F, 32767.0F);
    attr.cell_clip = static_cast<int32_t>(clip);
  }
  attr.hidden_zero_point = recurrence->hidden_zero_point;
  const float hidden = std::ldexp(1.0F, -15) / recurrence->hidden_scale * std::ldexp(1.0F, -15);
  COVEY_TRY(Fixed(view, hidden, attr.hidden_multiplier, attr.hidden_shift));
  op.Set(attr);
  COVEY_TRY(AppendGates(view, recurrence->input_scales, view.in(0), op.params));
  return AppendGates(view, recurrence->recurrent_scales, view.in(4), op.params);
}

}  // namespace covey::compiler
