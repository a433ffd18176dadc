#include "kernels/ref/float_functions.hpp"

#include <bit>

namespace covey::kernels::ref {
namespace {

constexpr float kInfinity = std::bit_cast<float>(0x7F800000);
constexpr float kNotANumber = std::bit_cast<float>(0x7FC00000);

uint32_t BitsOf(float x) { return std::bit_cast<uint32_t>(x); }
float PowerOfTwo(int32_t n) { return std::bit_cast<float>(static_cast<uint32_t>(n + 127) << 23); }
float Magnitude(float x) { return std::bit_cast<float>(BitsOf(x) & 0x7FFFFFFFU); }
float WithSignOf(float magnitude, float x) {
  return std::bit_cast<float>(BitsOf(magnitude) | (BitsOf(x) & 0x80000000U));
}

// From this on every float is whole.
constexpr float kAllWhole = 8388608.0F;

float Floor(float x) {
  if (!(Magnitude(x) < kAllWhole)) return x;
  const auto whole = static_cast<float>(static_cast<int32_t>(x));
  return WithSignOf(Magnitude(whole > x ? whole - 1 : whole), x);
}
float Ceil(float x) { return -Floor(-x); }
float RoundToEven(float x) {
  if (!(Magnitude(x) < kAllWhole)) return x;
  const float magnitude = Magnitude(x);
  return WithSignOf((magnitude + kAllWhole) - kAllWhole, x);
}

// sum of c[i] x^i, from the highest term down
template <int kTerms>
float Series(const float (&c)[kTerms], float x) {
  float sum = c[kTerms - 1];
  for (int i = kTerms - 2; i >= 0; --i) sum = sum * x + c[i];
  return sum;
}

// (exp(r) - 1 - r) / r^2 for |r| < 0.36
float ExpTail(float r) {
  static constexpr float kTerms[] = {1 / 2.0F,   1 / 6.0F,   1 / 24.0F,
                                     1 / 120.0F, 1 / 720.0F, 1 / 5040.0F};
  return Series(kTerms, r);
}

// x = n ln 2 + rest; ln 2 in two pieces, the first of few bits, so that n times it is exact.
struct Reduced {
  int32_t n;
  float rest;
};
Reduced ReduceByLn2(float x) {
  constexpr float kPerLn2 = 1.44269504F, kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
  const float n = RoundToEven(x * kPerLn2);
  return {static_cast<int32_t>(n), (x - n * kLn2High) - n * kLn2Low};
}

// exp(x) - 1
float ExpMinusOne(float x) {
  if (Magnitude(x) < 0.35F) return x + x * x * ExpTail(x);
  return Exp(x) - 1;
}

float Tanh(float x) {
  const float magnitude = Magnitude(x);
  if (magnitude > 9.5F) return WithSignOf(1, x);
  if (magnitude < 1e-4F) return x;
  const float t = ExpMinusOne(2 * magnitude);
  return x == x ? WithSignOf(t / (t + 2), x) : x;
}

// As TFLite: below -9 exp alone, above 16.6 one.
float Logistic(float x) {
  if (x > 16.619047F) return 1;
  if (x < -9.0F) return Exp(x);
  return 1 / (1 + Exp(-x));
}

float Softplus(float x) {
  if (x > 20) return x;
  if (x < -15) return Exp(x);
  return Log(1 + Exp(x));
}

// 2 / sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (1 3 5 ... 2n+1): all terms have one sign.
float Erf(float x) {
  const float magnitude = Magnitude(x);
  if (magnitude > 4) return WithSignOf(1, x);
  if (!(magnitude > 0)) return x;
  const float square = magnitude * magnitude;
  float term = magnitude, sum = magnitude;
  for (int n = 1; n < 80 && term > sum * 1e-8F; ++n) {
    term *= 2 * square / static_cast<float>(2 * n + 1);
    sum += term;
  }
  const float value = 1.128379167F * Exp(-square) * sum;
  return WithSignOf(value > 1 ? 1 : value, x);
}

// sin (quarter 0) and cos (quarter 1) of x
float Sine(float x, int32_t quarter) {
  // pi / 2 in three pieces; n times the first two is exact up to 2^13.
  constexpr float kPerHalfPi = 0.636619772F;
  constexpr float kHigh = 1.5703125F, kMiddle = 4.837512969970703e-4F, kLow = 7.549790e-8F;
  if (!(Magnitude(x) < 1e5F)) return Magnitude(x) < kInfinity ? 0 : kNotANumber;
  const float n = RoundToEven(x * kPerHalfPi);
  const float r = ((x - n * kHigh) - n * kMiddle) - n * kLow;
  const int32_t turn = (static_cast<int32_t>(n) + quarter) & 3;
  static constexpr float kSin[] = {1.0F, -1 / 6.0F, 1 / 120.0F, -1 / 5040.0F, 1 / 362880.0F};
  static constexpr float kCos[] = {1.0F,        -1 / 2.0F,    1 / 24.0F,
                                   -1 / 720.0F, 1 / 40320.0F, -1 / 3628800.0F};
  const float value = (turn & 1) == 0 ? r * Series(kSin, r * r) : Series(kCos, r * r);
  return (turn & 2) != 0 ? -value : value;
}

// Whole exponents by products: exact signs, and squares as they are multiplied.
float Power(float x, float exponent) {
  const float whole = Floor(exponent);
  if (whole == exponent && Magnitude(exponent) <= 64) {
    float product = 1;
    for (auto n = static_cast<int32_t>(Magnitude(exponent)); n > 0; --n) product *= x;
    return exponent < 0 ? 1 / product : product;
  }
  if (x < 0) return kNotANumber;
  if (x == 0) return exponent < 0 ? kInfinity : 0;
  if (exponent == 0.5F) return Sqrt(x);
  return Exp(exponent * Log(x));
}

float Least(float a, float b) { return a < b ? a : b; }
float Most(float a, float b) { return a > b ? a : b; }

float Gelu(float x) { return 0.5F * x * (1 + Erf(x * 0.707106781F)); }
float GeluTanh(float x) {
  return 0.5F * x * (1 + Tanh(0.797884561F * (x + 0.044715F * (x * x * x))));
}

}  // namespace

float Exp(float x) {
  if (!(x == x)) return x;
  if (x > 88.8F) return kInfinity;
  if (x < -104) return 0;
  const Reduced reduced = ReduceByLn2(x);
  const float r = reduced.rest;
  const float value = 1 + (r + r * r * ExpTail(r));
  // In two steps, so that neither power of two leaves the range.
  const int32_t half = reduced.n / 2;
  return value * PowerOfTwo(half) * PowerOfTwo(reduced.n - half);
}

float Log(float x) {
  if (!(x > 0)) return x == 0 ? -kInfinity : kNotANumber;
  if (x == kInfinity) return x;
  int32_t exponent = 0;
  if (x < PowerOfTwo(-126)) x *= kAllWhole, exponent = -23;
  // x = 2^exponent m, 0.707 <= m < 1.414
  const int32_t bits = std::bit_cast<int32_t>(x);
  exponent += (bits - 0x3F3504F3) >> 23;
  const auto m = std::bit_cast<float>(bits - (((bits - 0x3F3504F3) >> 23) * (1 << 23)));
  // log(m) = 2 atanh(s), s = f / (2 + f); by f - f^2 / 2 + ... the first terms stay exact.
  const float f = m - 1, s = f / (2 + f), square = s * s, half = 0.5F * f * f;
  static constexpr float kTerms[] = {2 / 3.0F, 2 / 5.0F, 2 / 7.0F, 2 / 9.0F, 2 / 11.0F};
  const float rest = square * Series(kTerms, square);
  const auto n = static_cast<float>(exponent);
  return n * 0.693359375F - ((half - (s * (half + rest) + n * -2.12194440e-4F)) - f);
}

// Bit by bit on the mantissa as a whole number, correctly rounded.
float Sqrt(float x) {
  if (!(x > 0) || x == kInfinity) return x < 0 ? kNotANumber : x;
  int32_t exponent = 0;
  if (x < PowerOfTwo(-126)) x *= kAllWhole * 2, exponent = -24;
  const uint32_t bits = BitsOf(x);
  exponent += static_cast<int32_t>(bits >> 23) - 127;
  uint64_t mantissa = (bits & 0x7FFFFFU) | 0x800000U;
  if ((exponent & 1) != 0) mantissa *= 2, --exponent;
  mantissa <<= 23;  // its root has 24 bits
  uint64_t root = 0;
  for (uint64_t bit = uint64_t{1} << 24; bit != 0; bit >>= 1)
    if ((root + bit) * (root + bit) <= mantissa) root += bit;
  if (mantissa - root * root > root) ++root;  // above the half
  return static_cast<float>(root) * PowerOfTwo(-23) * PowerOfTwo(exponent / 2);
}

float UnaryFloat(UnaryKind kind, float alpha, float beta, float x) {
  switch (kind) {
    case UnaryKind::kLogistic:
      return Logistic(x);
    case UnaryKind::kTanh:
      return Tanh(x);
    case UnaryKind::kHardSwish:
      return x * Least(6, Most(0, x + 3)) / 6;
    case UnaryKind::kHardSigmoid:
      return Least(1, Most(0, alpha * x + beta));
    case UnaryKind::kLeakyRelu:
      return x > 0 ? x : x * alpha;
    case UnaryKind::kElu:
      return x < 0 ? alpha * ExpMinusOne(x) : x;
    case UnaryKind::kAbs:
      return Magnitude(x);
    case UnaryKind::kNeg:
      return -x;
    case UnaryKind::kSquare:
      return x * x;
    case UnaryKind::kSqrt:
      return Sqrt(x);
    case UnaryKind::kRsqrt:
      return 1 / Sqrt(x);
    case UnaryKind::kExp:
      return Exp(x);
    case UnaryKind::kLog:
      return Log(x);
    case UnaryKind::kGelu:
      return Gelu(x);
    case UnaryKind::kGeluTanh:
      return GeluTanh(x);
    case UnaryKind::kSilu:
      return x * Logistic(x);
    case UnaryKind::kSoftplus:
      return Softplus(x);
    case UnaryKind::kMish:
      return x * Tanh(Softplus(x));
    case UnaryKind::kErf:
      return Erf(x);
    case UnaryKind::kFloor:
      return Floor(x);
    case UnaryKind::kCeil:
      return Ceil(x);
    case UnaryKind::kRound:
      return RoundToEven(x);
    case UnaryKind::kSign:
      return x > 0 ? 1 : x < 0 ? -1 : x;
    case UnaryKind::kReciprocal:
      return 1 / x;
    case UnaryKind::kSin:
      return Sine(x, 0);
    case UnaryKind::kCos:
      return Sine(x, 1);
    case UnaryKind::kClip:
      return Least(Most(x, alpha), beta);
    case UnaryKind::kLinear:
      return alpha * x + beta;
    case UnaryKind::kPower:
      return Power(x, alpha);
    case UnaryKind::kTable:
      break;
  }
  return x;
}

}  // namespace covey::kernels::ref
