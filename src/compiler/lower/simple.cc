// Ops without weights: add, mean, softmax, reshape, pad, quantize, dequantize, relu, transpose.
#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "compiler/ir/check.hpp"
#include "compiler/lower/view.hpp"
#include "kernels/multiplier.hpp"

namespace covey::compiler {
namespace {

// What stands at the rim of a network: bytes of either sign, or int16.
Status AnyQuantised(const NodeView& view, const Tensor& tensor) {
  return tensor.dtype == DType::kUint8 ? view.Uint8(tensor) : view.Quantised(tensor);
}

// From one type or scale to another: quantize and relu. `ratio`: input scale over output scale.
Status Requantise(const NodeView& view, double ratio, Activation activation, Lowered& op) {
  COVEY_TRY(view.SameElements(view.in(0), view.out()));
  const kernels::Multiplier fixed = kernels::Quantise(ratio);
  // The shifted input must fit int32.
  const int most_shift = view.in(0).dtype == DType::kInt16 ? 15 : 22;
  if (fixed.shift > most_shift) {
    return view.Unsupported("input scale over output scale is above 2^" +
                            std::to_string(most_shift));
  }
  ActivationRange range = RangeOf(activation, view.out());
  if (view.out().dtype == DType::kUint8) range = {0, 255};
  op.Set(RequantizeAttr{-ZeroOf(view.in(0)), ZeroOf(view.out()), fixed.multiplier, fixed.shift,
                        range.min, range.max});
  return OkStatus();
}

// The power of two that a scale is to within a thousandth; nothing if it is none.
std::optional<int> Log2(float scale) {
  const double exact = std::log2(double{scale});
  const double rounded = std::round(exact);
  if (std::abs(exact - rounded) > 1e-3) return std::nullopt;
  return static_cast<int>(rounded);
}

// The older int16 add: scales are powers of two, one input has the output's, the other is shifted
// right. Multipliers just below 1 are identities for numbers of 16 bits.
bool ShiftsOnly(const NodeView& view, AddAttr& attr) {
  const auto s0 = Log2(ScaleOf(view.in(0))), s1 = Log2(ScaleOf(view.in(1)));
  const auto out = Log2(ScaleOf(view.out()));
  if (!s0 || !s1 || !out) return false;
  attr.left_shift = 0;
  attr.input0_multiplier = attr.input1_multiplier = attr.output_multiplier = 0x7FFFFFFF;
  attr.input0_shift = std::max(*s0 - *out, -31);
  attr.input1_shift = std::max(*s1 - *out, -31);
  attr.output_shift = 0;
  return true;
}

// Halves to even, as ONNX quantises; 0 gives the zero point.
int32_t QuantisedReal(float real, const Tensor& tensor) {
  const bool wide = tensor.dtype == DType::kInt16;
  const float q = std::nearbyint(real / ScaleOf(tensor)) + static_cast<float>(ZeroOf(tensor));
  if (std::isnan(q)) return ZeroOf(tensor);
  return static_cast<int32_t>(std::clamp(q, wide ? -32768.0F : -128.0F, wide ? 32767.0F : 127.0F));
}

}  // namespace

// add and sub
Status LowerAdd(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(2, 2));
  COVEY_TRY(view.SameNumbers(view.in(0), view.out()));
  COVEY_TRY(view.SameNumbers(view.in(1), view.out()));
  COVEY_TRY(view.Broadcasts(view.in(0), view.out()));
  COVEY_TRY(view.Broadcasts(view.in(1), view.out()));
  AddAttr attr;
  attr.input0_offset = -ZeroOf(view.in(0));
  attr.input1_offset = -ZeroOf(view.in(1));
  attr.output_offset = ZeroOf(view.out());
  const ActivationRange range = RangeOf(view.node().activation, view.out());
  attr.activation_min = range.min;
  attr.activation_max = range.max;
  if (view.Floats()) {
    op.Set(attr);
    return OkStatus();
  }
  if (std::holds_alternative<PowerOfTwoScales>(view.node().attributes) &&
      view.out().dtype == DType::kInt16 && ShiftsOnly(view, attr)) {
    if (std::max(attr.input0_shift, attr.input1_shift) != 0) {
      return view.Unsupported("scales are powers of two, and neither input has the output's");
    }
    op.Set(attr);
    return OkStatus();
  }
  attr.left_shift = view.out().dtype == DType::kInt16 ? 15 : 20;
  const double s0 = ScaleOf(view.in(0));
  const double s1 = ScaleOf(view.in(1));
  const double twice = 2 * std::max(s0, s1);
  const kernels::Multiplier f0 = kernels::Quantise(s0 / twice);
  const kernels::Multiplier f1 = kernels::Quantise(s1 / twice);
  const kernels::Multiplier out =
      kernels::Quantise(twice / ((1 << attr.left_shift) * double{ScaleOf(view.out())}));
  if (out.shift > 31) {
    return view.Unsupported("input scales are over 2^" + std::to_string(attr.left_shift + 30) +
                            " times the output's");
  }
  attr.input0_multiplier = f0.multiplier;
  attr.input0_shift = f0.shift;
  attr.input1_multiplier = f1.multiplier;
  attr.input1_shift = f1.shift;
  attr.output_multiplier = out.multiplier;
  attr.output_shift = out.shift;
  op.Set(attr);
  return OkStatus();
}

Status LowerMean(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1));
  COVEY_TRY(view.SameNumbers(view.in(0), view.out()));
  const auto* reduce = std::get_if<Reduce>(&view.node().attributes);
  if (reduce == nullptr || reduce->axes.empty()) return view.Bad("has no axes");
  MeanAttr attr;
  int64_t count = 1;
  for (int32_t axis : reduce->axes) {
    if (axis < 0 || axis >= static_cast<int>(view.in(0).dims.size()) || axis >= kMaxRank) {
      return view.Bad("axis " + std::to_string(axis) + " of " + TypeAndShape(view.in(0)));
    }
    if ((attr.axes >> axis & 1) == 0) count *= view.in(0).dims[static_cast<size_t>(axis)];
    attr.axes |= 1 << axis;
  }
  const int64_t most = view.in(0).dtype == DType::kInt16 ? 0xFFFF : 1 << 23;  // sums fit int32
  if (count < 1 || count > most) {
    return view.Unsupported("mean over " + std::to_string(count) + " values, supported is 1 to " +
                            std::to_string(most));
  }
  if (view.in(0).elements() != view.out().elements() * count) {
    return view.Bad("output is " + TypeAndShape(view.out()) + ", expected " +
                    std::to_string(view.in(0).elements() / count) + " elements");
  }
  attr.sum = reduce->sum ? 1 : 0;
  if (view.Floats()) {
    op.Set(attr);
    return OkStatus();
  }
  const kernels::Multiplier fixed =
      kernels::Quantise(double{ScaleOf(view.in(0))} / double{ScaleOf(view.out())});
  // The division by the count goes into the multiplier, with as many bits as fit.
  const int64_t divisor = reduce->sum ? 1 : count;
  const int log2 = static_cast<int>(std::bit_width(static_cast<uint64_t>(divisor))) - 1;
  const int extra = std::min({log2, 32, 31 + fixed.shift});
  attr.multiplier = static_cast<int32_t>((int64_t{fixed.multiplier} << extra) / divisor);
  attr.shift = fixed.shift - extra;
  if (attr.shift > 30) return view.Unsupported("input scale over output scale is above 2^30");
  attr.input_zero_point = ZeroOf(view.in(0));
  attr.output_offset = ZeroOf(view.out());
  op.Set(attr);
  return OkStatus();
}

Status LowerReshape(const NodeView& view, Lowered& op) {
  (void)op;  // bytes move as they are
  COVEY_TRY(view.Counts(1, 2));
  COVEY_TRY(view.SameElements(view.in(0), view.out()));
  return view.Type(view.out(), view.in(0).dtype);
}

Status LowerPad(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1));
  COVEY_TRY(view.SameNumbers(view.in(0), view.out()));
  const auto* pads = std::get_if<Pads>(&view.node().attributes);
  const std::vector<int32_t>& in = view.in(0).dims;
  const std::vector<int32_t>& out = view.out().dims;
  if (pads == nullptr || pads->before.size() != in.size() || pads->after.size() != in.size() ||
      out.size() != in.size() || in.size() > kMaxRank) {
    return view.Bad("padding does not fit " + TypeAndShape(view.in(0)));
  }
  PadAttr attr;
  for (size_t i = 0; i < in.size(); ++i) {
    if (pads->before[i] < 0 || pads->after[i] < 0 ||
        int64_t{in[i]} + pads->before[i] + pads->after[i] != out[i]) {
      return view.Bad("output is " + ShapeText(out) + ", dimension " + std::to_string(i) +
                      " does not fit the padding");
    }
    attr.before[i] = pads->before[i];
  }
  attr.value = pads->has_value ? pads->value
               : view.Floats() ? BitsOf(pads->real)
                               : QuantisedReal(pads->real, view.out());
  op.Set(attr);
  return OkStatus();
}

Status LowerQuantize(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1));
  COVEY_TRY(AnyQuantised(view, view.out()));
  if (view.in(0).dtype != DType::kFloat32) {
    COVEY_TRY(AnyQuantised(view, view.in(0)));
    const double ratio = double{ScaleOf(view.in(0))} / double{ScaleOf(view.out())};
    return Requantise(view, ratio, Activation::kNone, op);
  }
  COVEY_TRY(view.SameElements(view.in(0), view.out()));
  RequantizeAttr attr;
  attr.output_offset = ZeroOf(view.out());
  op.Set(attr);
  return OkStatus();
}

Status LowerDequantize(const NodeView& view, Lowered& op) {
  (void)op;  // scale and zero point stand in the input
  COVEY_TRY(view.Counts(1, 1));
  COVEY_TRY(AnyQuantised(view, view.in(0)));
  COVEY_TRY(view.Type(view.out(), DType::kFloat32));
  return view.SameElements(view.in(0), view.out());
}

Status LowerRelu(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1));
  COVEY_TRY(view.SameNumbers(view.in(0), view.out()));
  if (view.Floats()) {
    COVEY_TRY(view.SameElements(view.in(0), view.out()));
    const ActivationRange range = RangeOf(view.node().activation, view.out());
    op.Set(RequantizeAttr{0, 0, 0, 0, range.min, range.max});
    return OkStatus();
  }
  // The reference divides in single precision here, in double precision for quantize.
  const auto ratio = static_cast<double>(ScaleOf(view.in(0)) / ScaleOf(view.out()));
  return Requantise(view, ratio, view.node().activation, op);
}

Status LowerTranspose(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1));
  if (view.in(0).dtype == DType::kNone) return view.Unsupported("input is of an unknown type");
  COVEY_TRY(view.Type(view.out(), view.in(0).dtype));
  const auto* permutation = std::get_if<Permutation>(&view.node().attributes);
  const std::vector<int32_t>& in = view.in(0).dims;
  const std::vector<int32_t>& out = view.out().dims;
  if (permutation == nullptr || permutation->perm.size() != in.size() || out.size() != in.size() ||
      in.size() > kMaxRank) {
    return view.Bad("permutation does not fit " + TypeAndShape(view.in(0)));
  }
  TransposeAttr attr;
  int32_t seen = 0;
  for (size_t i = 0; i < in.size(); ++i) {
    const int32_t from = permutation->perm[i];
    if (from < 0 || from >= static_cast<int>(in.size()) || (seen >> from & 1) != 0 ||
        out[i] != in[static_cast<size_t>(from)]) {
      return view.Bad("output " + ShapeText(out) + " is no permutation " +
                      ShapeText(permutation->perm) + " of " + ShapeText(in));
    }
    seen |= 1 << from;
    attr.perm[i] = from;
  }
  op.Set(attr);
  return OkStatus();
}

}  // namespace covey::compiler
