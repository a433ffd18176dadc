// The unary functions as TFLite's int8 reference kernels compute them. Three kinds: fixed point
// (logistic, tanh, hard-swish, leaky relu, abs, clip), a table of floats rounded halves away from
// zero (exp, log, elu, gelu, and logistic and tanh with an unusual output), a truncated float
// (sqrt).
#include <algorithm>
#include <bit>
#include <cmath>

#include "compiler/lower/unary.hpp"
#include "compiler/lower/view.hpp"
#include "kernels/fixed_point.hpp"

namespace covey::compiler {
namespace {

using kernels::Clamp;
using kernels::ExpOfNegative;
using kernels::RoundingDivideByPowerOfTwo;

struct Scaling {
  int32_t multiplier = 0;  // may be negative
  int32_t shift = 0;
};

// As kernels::Quantise, for either sign; powers of two outside -31..31 saturate.
Scaling Quantised(double real) {
  if (real == 0 || !std::isfinite(real)) return {};
  int shift = 0;
  auto multiplier = static_cast<int64_t>(std::round(std::frexp(real, &shift) * 0x1p31));
  if (multiplier == int64_t{1} << 31) multiplier /= 2, ++shift;
  if (shift < -31) return {};
  if (shift > 30) return {std::numeric_limits<int32_t>::max(), 30};
  return {static_cast<int32_t>(multiplier), shift};
}

int32_t Scaled(int32_t value, Scaling by) {
  const int64_t left = int64_t{value} * (int64_t{1} << std::max(by.shift, 0));
  const auto saturated = static_cast<int32_t>(
      std::clamp<int64_t>(left, std::numeric_limits<int32_t>::min() + 1, kernels::kInt32Max));
  return RoundingDivideByPowerOfTwo(kernels::RoundingDoublingHighMul(saturated, by.multiplier),
                                    std::max(-by.shift, 0));
}

int8_t Saturated(int64_t value) {
  return static_cast<int8_t>(std::clamp<int64_t>(value, -128, 127));
}

template <typename Function>
void Fill(ByteTable& table, Function function) {
  for (int32_t q = -128; q <= 127; ++q) table[static_cast<uint8_t>(q)] = function(q);
}

// logistic and tanh: the input goes to Q4.27, the result comes in Q0.31 and is cut to `bits`.
template <typename Function>
void FillSigmoid(const Tensor& in, int bits, int32_t zero, Function positive, ByteTable& table) {
  constexpr int kFraction = 27;
  const Scaling scaling = Quantised(double{ScaleOf(in)} * (1 << kFraction));
  const auto radius = static_cast<int64_t>(std::floor(std::ldexp(15.0, kFraction - scaling.shift)));
  Fill(table, [&](int32_t q) -> int8_t {
    const int32_t x = q - ZeroOf(in);
    if (x <= -radius) return -128;
    if (x >= radius) return 127;
    return Saturated(RoundingDivideByPowerOfTwo(positive(Scaled(x, scaling)), 31 - bits) + zero);
  });
}

int32_t Logistic(int32_t x) {
  if (x == 0) return 1 << 30;
  const int32_t value = kernels::OneOverOnePlus(ExpOfNegative(x < 0 ? x : -x, 27));
  return x < 0 ? kernels::kInt32Max - value : value;
}
int32_t Tanh(int32_t x) {
  if (x == 0) return 0;
  const int32_t value = kernels::OneMinusOverOnePlus(ExpOfNegative(x < 0 ? x : -x, 26));
  return x < 0 ? -value : value;
}

// Single precision all the way, halves away from zero.
template <typename Function>
void FillFloats(const Tensor& in, const Tensor& out, Function function, ByteTable& table) {
  const float inverse = 1 / ScaleOf(out);
  Fill(table, [&](int32_t q) {
    const float x = ScaleOf(in) * static_cast<float>(q - ZeroOf(in));
    const float y = std::round(function(x) * inverse) + static_cast<float>(ZeroOf(out));
    return static_cast<int8_t>(std::isnan(y) ? 0.0F : std::clamp(y, -128.0F, 127.0F));
  });
}

int32_t Saturate16(int32_t value) { return Clamp(value, -32768, 32767); }
int32_t HighMul16(int32_t a, int32_t b) { return (a * b + (1 << 14)) >> 15; }
int32_t ShiftLeft16(int32_t value, int by) {
  return Saturate16(kernels::SaturatingShift(value, std::min(by, 16)));
}

// 16-bit fixed point: x in 1/128 steps of the input, "reluish" = min(max(x + 3, 0), 6) / 6 in
// Q0.15.
bool FillHardSwish(const Tensor& in, const Tensor& out, ByteTable& table) {
  const auto narrow = [](float real) {
    Scaling wide = Quantised(static_cast<double>(real));
    wide.multiplier = static_cast<int32_t>(
        std::min<int64_t>((int64_t{wide.multiplier} + (1 << 15)) >> 16, 32767));
    return wide;
  };
  const float fine = ScaleOf(in) / 128.0F;
  const Scaling by_out = narrow(fine / ScaleOf(out));
  const Scaling by_relu = narrow(fine / (3.0F / 32768.0F));
  if (by_out.shift > 0) return false;  // the reference refuses it
  Fill(table, [&](int32_t q) {
    const int32_t x = Saturate16((q - ZeroOf(in)) * 128);
    const int32_t product = HighMul16(x, by_out.multiplier);
    int32_t relu = x;
    if (by_relu.shift > 0) relu = ShiftLeft16(relu, by_relu.shift - 1);
    relu = HighMul16(relu, by_relu.multiplier);
    if (by_relu.shift > 0) relu = ShiftLeft16(relu, 1);
    if (by_relu.shift < 0) relu = RoundingDivideByPowerOfTwo(relu, -by_relu.shift);
    relu = (relu + (1 << 15)) >> 1;
    const int32_t value = relu * product / (1 << 15);
    return Saturated(RoundingDivideByPowerOfTwo(value, -by_out.shift) + ZeroOf(out));
  });
  return true;
}

void FillLeakyRelu(float alpha, const Tensor& in, const Tensor& out, ByteTable& table) {
  const Scaling above = Quantised(static_cast<double>(ScaleOf(in) / ScaleOf(out)));
  const Scaling below = Quantised(static_cast<double>(ScaleOf(in) * alpha / ScaleOf(out)));
  Fill(table, [&](int32_t q) {
    const int32_t x = q - ZeroOf(in);
    return Saturated(int64_t{Scaled(x, x >= 0 ? above : below)} + ZeroOf(out));
  });
}

void FillAbs(const Tensor& in, const Tensor& out, ByteTable& table) {
  const bool same = ScaleOf(in) == ScaleOf(out);
  const Scaling scaling = Quantised(static_cast<double>(ScaleOf(in) / ScaleOf(out)));
  Fill(table, [&](int32_t q) {
    const int32_t x = std::abs(q - ZeroOf(in));
    return Saturated(int64_t{same ? x : Scaled(x, scaling)} + ZeroOf(out));
  });
}

// relu 0 to 1 and its like: requantised, clamped to the range's ends as bytes.
void FillClip(const Unary& unary, const Tensor& in, const Tensor& out, ByteTable& table) {
  const Scaling scaling = Quantised(static_cast<double>(ScaleOf(in) / ScaleOf(out)));
  const auto byte = [&out](float real) {
    return ZeroOf(out) +
           static_cast<int32_t>(std::clamp(std::round(real / ScaleOf(out)), -1e6F, 1e6F));
  };
  const int32_t least = std::max(-128, byte(unary.alpha)), most = std::min(127, byte(unary.beta));
  Fill(table, [&](int32_t q) {
    const int64_t value = int64_t{Scaled(q - ZeroOf(in), scaling)} + ZeroOf(out);
    return static_cast<int8_t>(std::min<int64_t>(std::max<int64_t>(value, least), most));
  });
}

// A negative input has no root; the reference stops at one.
void FillSqrt(const Tensor& in, const Tensor& out, ByteTable& table) {
  Fill(table, [&](int32_t q) {
    const float x = std::max(ScaleOf(in) * static_cast<float>(q - ZeroOf(in)), 0.0F);
    const float steps = std::min(std::sqrt(x) / ScaleOf(out), 1e6F);
    return Saturated(static_cast<int64_t>(steps) + ZeroOf(out));
  });
}

float Exp(float x) { return static_cast<float>(std::exp(static_cast<double>(x))); }

bool FloatTable(const Unary& unary, const Tensor& in, const Tensor& out, ByteTable& table) {
  const auto fill = [&](auto function) {
    FillFloats(in, out, function, table);
    return true;
  };
  switch (unary.kind) {
    case UnaryKind::kLogistic:
      return fill([](float x) { return 1.0F / (1.0F + Exp(-x)); });
    case UnaryKind::kTanh:
      return fill([](float x) { return std::tanh(x); });
    case UnaryKind::kExp:
      return fill([](float x) { return Exp(x); });
    case UnaryKind::kElu:
      return fill([](float x) { return x < 0 ? static_cast<float>(std::expm1(double{x})) : x; });
    case UnaryKind::kGelu:
    case UnaryKind::kGeluTanh:
      return fill([&](float x) { return static_cast<float>(ValueOf(unary, double{x})); });
    case UnaryKind::kLog: {
      const float least = static_cast<float>(-128 - ZeroOf(out)) * ScaleOf(out);
      return fill([least](float x) { return x <= 0 ? least : std::log(x); });
    }
    default:
      return false;
  }
}

}  // namespace

bool TfliteTable(const Unary& unary, const Tensor& in, const Tensor& out, ByteTable& table) {
  switch (unary.kind) {
    case UnaryKind::kLogistic:
      if (ScaleOf(out) != 1.0F / 256 || ZeroOf(out) != -128) break;
      FillSigmoid(in, 8, -128, Logistic, table);
      return true;
    case UnaryKind::kTanh:
      if (ScaleOf(out) != 1.0F / 128 || ZeroOf(out) != 0) break;
      FillSigmoid(in, 7, 0, Tanh, table);
      return true;
    case UnaryKind::kHardSwish:
      return FillHardSwish(in, out, table);
    case UnaryKind::kLeakyRelu:
      FillLeakyRelu(unary.alpha, in, out, table);
      return true;
    case UnaryKind::kAbs:
      FillAbs(in, out, table);
      return true;
    case UnaryKind::kSqrt:
      FillSqrt(in, out, table);
      return true;
    case UnaryKind::kClip:
      FillClip(unary, in, out, table);
      return true;
    case UnaryKind::kNeg:  // as bytes: -128 stays
      Fill(table, [](int32_t q) { return static_cast<int8_t>(q == -128 ? q : -q); });
      return true;
    default:
      break;
  }
  return FloatTable(unary, in, out, table);
}

}  // namespace covey::compiler
