#include <optional>

#include "compiler/import/tflite/options.hpp"
#include "compiler/import/tflite/read.hpp"

namespace covey::compiler::tflite {
namespace {

std::optional<UnaryKind> KindOf(Builtin code) {
  switch (code) {
    case Builtin::kLogistic:
      return UnaryKind::kLogistic;
    case Builtin::kTanh:
      return UnaryKind::kTanh;
    case Builtin::kHardSwish:
      return UnaryKind::kHardSwish;
    case Builtin::kAbs:
      return UnaryKind::kAbs;
    case Builtin::kNeg:
      return UnaryKind::kNeg;
    case Builtin::kSquare:
      return UnaryKind::kSquare;
    case Builtin::kSqrt:
      return UnaryKind::kSqrt;
    case Builtin::kRsqrt:
      return UnaryKind::kRsqrt;
    case Builtin::kExp:
      return UnaryKind::kExp;
    case Builtin::kLog:
      return UnaryKind::kLog;
    case Builtin::kSin:
      return UnaryKind::kSin;
    case Builtin::kCos:
      return UnaryKind::kCos;
    case Builtin::kFloor:
      return UnaryKind::kFloor;
    case Builtin::kCeil:
      return UnaryKind::kCeil;
    case Builtin::kRound:
      return UnaryKind::kRound;
    case Builtin::kSign:
      return UnaryKind::kSign;
    default:
      return std::nullopt;
  }
}

std::optional<Unary> UnaryOf(const Operator& op, Builtin code) {
  Unary unary{.arithmetic = Arithmetic::kTflite, .table = nullptr};
  if (const auto kind = KindOf(code)) {
    unary.kind = *kind;
  } else if (code == Builtin::kElu) {
    unary.kind = UnaryKind::kElu;
    unary.alpha = 1;
  } else if (code == Builtin::kRelu0To1) {
    unary.kind = UnaryKind::kClip;
    unary.beta = 1;
  } else if (const auto* gelu = op.options_as_Gelu(); code == Builtin::kGelu) {
    const bool approximate = gelu != nullptr && gelu->approximate();
    unary.kind = approximate ? UnaryKind::kGeluTanh : UnaryKind::kGelu;
  } else if (const auto* leaky = op.options_as_LeakyRelu();
             code == Builtin::kLeakyRelu && leaky != nullptr) {
    unary.kind = UnaryKind::kLeakyRelu;
    unary.alpha = leaky->alpha();
  } else {
    return std::nullopt;
  }
  return unary;
}

// The fused activation, if the op has options at all.
template <typename Options>
std::optional<covey::compiler::Activation> FusedIn(const Options* options) {
  return ActivationOf(options != nullptr ? options->activation() : tflite::Activation::NONE);
}

}  // namespace

bool SetElementwise(const Operator& op, Builtin code, Node& node) {
  if (const auto unary = UnaryOf(op, code)) {
    node.op = Op::kUnary;
    node.attributes = *unary;
    return true;
  }
  auto activation = std::optional(covey::compiler::Activation::kNone);
  Op known = Op::kNone;
  switch (code) {
    case Builtin::kMul:
      activation = FusedIn(op.options_as_Mul());
      known = Op::kMul;
      break;
    case Builtin::kSub:
      activation = FusedIn(op.options_as_Sub());
      known = Op::kSub;
      break;
    case Builtin::kDiv:
      activation = FusedIn(op.options_as_Div());
      known = Op::kDiv;
      break;
    case Builtin::kSquaredDifference:
      known = Op::kSquaredDifference;
      break;
    case Builtin::kPrelu:
      known = Op::kPrelu;
      break;
    case Builtin::kMaximum:
      known = Op::kMaximum;
      break;
    case Builtin::kMinimum:
      known = Op::kMinimum;
      break;
    default:
      break;
  }
  if (known == Op::kNone || !activation) return false;
  node.op = known;
  node.activation = *activation;
  return true;
}

}  // namespace covey::compiler::tflite
