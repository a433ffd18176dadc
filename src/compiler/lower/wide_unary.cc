// Functions of one element of int16, as TFLite's reference kernels compute them, and of float32.
#include <algorithm>
#include <cmath>

#include "compiler/lower/tables.hpp"
#include "compiler/lower/unary.hpp"
#include "compiler/lower/view.hpp"
#include "kernels/multiplier.hpp"

namespace covey::compiler {
namespace {

// The power of two that a scale is; nothing if it is none.
std::optional<int> Log2(float scale) {
  const double exact = std::log2(double{scale}), rounded = std::round(exact);
  if (std::abs(exact - rounded) > 1e-3) return std::nullopt;
  return static_cast<int>(rounded);
}

double Logistic(double x) { return 1 / (1 + std::exp(-x)); }

// Entry i is the function at i / 24, in 1/65536, raised by half of what the straight line to the
// next entry falls short of it in the middle. The last one meets the constant that follows it.
void AppendSigmoid(std::vector<int32_t>& params) {
  std::vector<int16_t> table;
  for (int i = 0; i < 256; ++i) {
    const double begin = Logistic(i / 24.0), end = Logistic((i + 1) / 24.0);
    const double bend = Logistic((i + 0.5) / 24.0) - (begin + end) / 2;
    const double value = std::round(65536 * (begin + bend / 2));
    table.push_back(static_cast<int16_t>(static_cast<uint16_t>(std::min(value, 65535.0))));
  }
  table.back() = static_cast<int16_t>(0xFFFF);
  AppendTable(table, params);
}

// x goes to steps of 1 / 12288: by 3 or 6 exactly, where the scale is the power of two that older
// files have, else by a multiplier of 15 bits.
Status LowerSigmoid(const NodeView& view, const Unary& unary, Lowered& op) {
  if (std::abs(ScaleOf(view.out()) * 32768 - 1) > 1e-3F) {
    return view.Unsupported("output has scale " + std::to_string(ScaleOf(view.out())) +
                            ", supported for int16 is 1/32768");
  }
  UnaryAttr attr{.kind = static_cast<int32_t>(unary.kind)};
  const auto power = Log2(ScaleOf(view.in(0)));
  const int most = unary.kind == UnaryKind::kTanh ? 1 : 0;
  if (power && *power >= -12 && *power <= -12 + most) {
    attr.multiplier = 3 << (*power + 12);
  } else {
    double multiplier = double{ScaleOf(view.in(0))} * 4096.0 * 3.0;
    while (multiplier <= 32767.0 / 2.0 && attr.shift <= 30) ++attr.shift, multiplier *= 2;
    if (multiplier > 32767 || attr.shift > 30) {
      return view.Unsupported("input has scale " + std::to_string(ScaleOf(view.in(0))) +
                              ", supported for int16 is 2^-31 to 2.6");
    }
    attr.multiplier = static_cast<int32_t>(multiplier);
  }
  op.Set(attr);
  AppendSigmoid(op.params);
  return OkStatus();
}

// x scaled by one factor, or below 0 by another.
Status LowerTwoSlopes(const NodeView& view, const Unary& unary, Lowered& op) {
  const float ratio = ScaleOf(view.in(0)) / ScaleOf(view.out());
  const float below = unary.kind == UnaryKind::kLeakyRelu
                          ? ScaleOf(view.in(0)) * unary.alpha / ScaleOf(view.out())
                          : ratio;
  UnaryAttr attr{.kind = static_cast<int32_t>(unary.kind)};
  const kernels::Multiplier above_zero = kernels::Quantise(static_cast<double>(ratio));
  const kernels::Multiplier below_zero = kernels::Quantise(static_cast<double>(std::abs(below)));
  if (std::max(above_zero.shift, below_zero.shift) > 15) {
    return view.Unsupported("input scale over output scale is above 2^15");
  }
  attr.multiplier = above_zero.multiplier;
  attr.shift = above_zero.shift;
  attr.below_multiplier = below < 0 ? -below_zero.multiplier : below_zero.multiplier;
  attr.below_shift = below_zero.shift;
  op.Set(attr);
  return OkStatus();
}

// Single precision where the reference uses it: an entry's rounding may hang on it.
// Where the function has no value: the least or the most that the output tells apart.
float FloatValueOf(const Unary& unary, float x, float least, float most) {
  switch (unary.kind) {
    case UnaryKind::kExp:
      return std::exp(x);
    case UnaryKind::kLog:
      return x > 0 ? std::log(x) : least;
    case UnaryKind::kRsqrt:
      return x > 0 ? 1 / std::sqrt(x) : most;
    case UnaryKind::kGelu:
      return 0.5F * x * (1 + std::erf(x * static_cast<float>(0.70710678118654752440)));
    default:
      return static_cast<float>(ValueOf(unary, static_cast<double>(x)));
  }
}

// Any other function: 512 straight pieces over all values of the input (kernels/ref/lookup.hpp),
// in the output's steps, each piece moved by half its error in the middle.
std::vector<int16_t> WholeTable(const Unary& unary, float in_scale, float out_scale) {
  constexpr int kPieces = 512;
  const float least = in_scale * -32768, most = in_scale * 32767;
  const float step = (most - least) / kPieces, half_step = step / 2;
  const float steps_in_one = 65536.0F / (out_scale * 32767 - out_scale * -32768);
  const auto at = [&](float x) {
    const float value = FloatValueOf(unary, x, out_scale * -32768, out_scale * 32767);
    return std::isnan(value) ? 0.0F : value * steps_in_one;
  };
  std::vector<int16_t> table;
  for (int i = 0; i <= kPieces; ++i) {
    const auto begin = static_cast<float>(i);
    float entry = std::round(at(i < kPieces ? least + begin * step : most));
    if (i < kPieces) {
      const float line = std::round((at(least + (begin + 1) * step) + entry) / 2);
      const float middle = std::round(at(least + begin * step + half_step));
      const float error = std::round((line - middle) / 2);
      if (std::isfinite(error)) entry -= error;
    }
    table.push_back(static_cast<int16_t>(std::clamp(entry, -32768.0F, 32767.0F)));
  }
  return table;
}

}  // namespace

Status LowerWideUnary(const NodeView& view, const Unary& unary, Lowered& op) {
  if (unary.kind == UnaryKind::kTable) return view.Unsupported("is a table of int8 values");
  if (view.Floats()) {
    op.Set(UnaryAttr{.kind = static_cast<int32_t>(unary.kind),
                     .alpha = BitsOf(unary.alpha),
                     .beta = BitsOf(unary.beta)});
    return OkStatus();
  }
  switch (unary.kind) {
    case UnaryKind::kLogistic:
    case UnaryKind::kTanh:
      return LowerSigmoid(view, unary, op);
    case UnaryKind::kLeakyRelu:
    case UnaryKind::kAbs:
      return LowerTwoSlopes(view, unary, op);
    case UnaryKind::kNeg:   // the reference negates what stands there, whatever its scale,
    case UnaryKind::kSqrt:  // and takes roots without a table
      return view.Unsupported(std::string(UnaryName(unary.kind)) + " of int16");
    default:
      op.Set(UnaryAttr{.kind = static_cast<int32_t>(unary.kind)});
      AppendTable(WholeTable(unary, ScaleOf(view.in(0)), ScaleOf(view.out())), op.params);
      return OkStatus();
  }
}

}  // namespace covey::compiler
