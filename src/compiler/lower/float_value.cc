#include "compiler/lower/float_value.hpp"

#include <algorithm>
#include <cmath>

#include "compiler/lower/unary.hpp"

namespace covey::compiler {
namespace {

// Where single precision has no more to say, the reference says 1; far below, exp alone.
float Logistic(float x) {
  if (x > 16.619047164916992188F) return 1;
  if (x < -9.0F) return std::exp(x);
  return 1.0F / (1.0F + std::exp(-x));
}

}  // namespace

float FloatValueOf(const Unary& unary, float x) {
  switch (unary.kind) {
    case UnaryKind::kLogistic:
      return Logistic(x);
    case UnaryKind::kTanh:
      return std::tanh(x);
    case UnaryKind::kHardSwish:
      return x * std::min(6.0F, std::max(0.0F, x + 3.0F)) / 6.0F;
    case UnaryKind::kHardSigmoid:
      return std::min(1.0F, std::max(0.0F, unary.alpha * x + unary.beta));
    case UnaryKind::kLeakyRelu:
      return x > 0 ? x : x * unary.alpha;
    case UnaryKind::kElu:
      return x < 0 ? unary.alpha * std::expm1(x) : x;
    case UnaryKind::kAbs:
      return std::abs(x);
    case UnaryKind::kNeg:
      return -x;
    case UnaryKind::kSquare:
      return x * x;
    case UnaryKind::kSqrt:
      return std::sqrt(x);
    case UnaryKind::kRsqrt:
      return 1.0F / std::sqrt(x);
    case UnaryKind::kExp:
      return std::exp(x);
    case UnaryKind::kLog:
      return std::log(x);
    case UnaryKind::kSin:
      return std::sin(x);
    case UnaryKind::kCos:
      return std::cos(x);
    case UnaryKind::kReciprocal:
      return 1.0F / x;
    case UnaryKind::kClip:
      return std::min(std::max(x, unary.alpha), unary.beta);
    case UnaryKind::kLinear:
      return unary.alpha * x + unary.beta;
    case UnaryKind::kPower:
      return std::pow(x, unary.alpha);
    default:
      return static_cast<float>(ValueOf(unary, static_cast<double>(x)));
  }
}

float Activated(Activation activation, float x) {
  switch (activation) {
    case Activation::kRelu:
      return std::max(x, 0.0F);
    case Activation::kRelu6:
      return std::min(std::max(x, 0.0F), 6.0F);
    case Activation::kReluN1To1:
      return std::min(std::max(x, -1.0F), 1.0F);
    default:
      return x;
  }
}

}  // namespace covey::compiler
