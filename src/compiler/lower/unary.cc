#include "compiler/lower/unary.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "compiler/lower/view.hpp"

namespace covey::compiler {
namespace {

double Logistic(double x) { return 1 / (1 + std::exp(-x)); }
double Softplus(double x) { return x > 30 ? x : std::log1p(std::exp(x)); }
double GeluTanh(double x) {
  constexpr double kSqrtTwoOverPi = 0.7978845608028654;
  return x / 2 * (1 + std::tanh(kSqrtTwoOverPi * (x + 0.044715 * x * x * x)));
}

}  // namespace

int8_t QuantisedByte(float value, bool to_even, const Tensor& out) {
  const float steps = value / ScaleOf(out);
  if (std::isnan(steps)) return static_cast<int8_t>(ZeroOf(out));
  const float whole = to_even ? std::nearbyint(steps) : std::round(steps);
  const float q = whole + static_cast<float>(ZeroOf(out));
  return static_cast<int8_t>(std::clamp(q, -128.0F, 127.0F));
}

const char* UnaryName(UnaryKind kind) {
  constexpr const char* kNames[] = {
      "logistic", "tanh",  "hard_swish", "hard_sigmoid", "leaky_relu", "elu",
      "abs",      "neg",   "square",     "sqrt",         "rsqrt",      "exp",
      "log",      "gelu",  "gelu_tanh",  "silu",         "softplus",   "mish",
      "erf",      "floor", "ceil",       "round",        "sign",       "reciprocal",
      "sin",      "cos",   "clip",       "linear",       "power",      "table"};
  static_assert(std::size(kNames) == static_cast<size_t>(UnaryKind::kTable) + 1);
  return kNames[static_cast<size_t>(kind)];
}

double ValueOf(const Unary& unary, double x) {
  const double alpha = static_cast<double>(unary.alpha), beta = static_cast<double>(unary.beta);
  switch (unary.kind) {
    case UnaryKind::kLogistic:
      return Logistic(x);
    case UnaryKind::kTanh:
      return std::tanh(x);
    case UnaryKind::kHardSwish:
      return x * std::clamp(x + 3, 0.0, 6.0) / 6;
    case UnaryKind::kHardSigmoid:
      return std::clamp(alpha * x + beta, 0.0, 1.0);
    case UnaryKind::kLeakyRelu:
      return x >= 0 ? x : alpha * x;
    case UnaryKind::kElu:
      return x >= 0 ? x : alpha * std::expm1(x);
    case UnaryKind::kAbs:
      return std::abs(x);
    case UnaryKind::kNeg:
      return -x;
    case UnaryKind::kSquare:
      return x * x;
    case UnaryKind::kSqrt:
      return std::sqrt(std::max(x, 0.0));
    case UnaryKind::kRsqrt:
      return 1 / std::sqrt(std::max(x, 0.0));
    case UnaryKind::kExp:
      return std::exp(x);
    case UnaryKind::kLog:
      return std::log(std::max(x, 0.0));
    case UnaryKind::kGelu:
      return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
    case UnaryKind::kGeluTanh:
      return GeluTanh(x);
    case UnaryKind::kSilu:
      return x * Logistic(x);
    case UnaryKind::kSoftplus:
      return Softplus(x);
    case UnaryKind::kMish:
      return x * std::tanh(Softplus(x));
    case UnaryKind::kErf:
      return std::erf(x);
    case UnaryKind::kFloor:
      return std::floor(x);
    case UnaryKind::kCeil:
      return std::ceil(x);
    case UnaryKind::kRound:
      return std::nearbyint(x);
    case UnaryKind::kSign:
      return x > 0 ? 1 : x < 0 ? -1 : 0;
    case UnaryKind::kReciprocal:
      return 1 / x;
    case UnaryKind::kSin:
      return std::sin(x);
    case UnaryKind::kCos:
      return std::cos(x);
    case UnaryKind::kClip:
      return std::min(std::max(x, alpha), beta);
    case UnaryKind::kLinear:
      return alpha * x + beta;
    case UnaryKind::kPower:
      return std::pow(x, alpha);
    case UnaryKind::kTable:
      break;
  }
  return x;
}

ByteTable TableOf(const Unary& unary, const Tensor& in, const Tensor& out) {
  ByteTable table{};
  if (unary.kind == UnaryKind::kTable) return *unary.table;
  if (unary.arithmetic == Arithmetic::kTflite && TfliteTable(unary, in, out, table)) return table;
  const bool to_even = unary.arithmetic == Arithmetic::kHalvesToEven;
  for (int q = -128; q <= 127; ++q) {
    const float x = ScaleOf(in) * static_cast<float>(q - ZeroOf(in));
    const auto value = static_cast<float>(ValueOf(unary, static_cast<double>(x)));
    table[static_cast<uint8_t>(q)] = QuantisedByte(value, to_even, out);
  }
  return table;
}

Status LowerUnary(const NodeView& view, Lowered& op) {
  COVEY_TRY(view.Counts(1, 1));
  COVEY_TRY(view.SameNumbers(view.in(0), view.out()));
  COVEY_TRY(view.SameElements(view.in(0), view.out()));
  const auto* unary = std::get_if<Unary>(&view.node().attributes);
  if (unary == nullptr || (unary->kind == UnaryKind::kTable && unary->table == nullptr)) {
    return view.Bad("does not say which function it is");
  }
  if (view.out().dtype != DType::kInt8) return LowerWideUnary(view, *unary, op);
  // The reference negates bytes, whatever they mean: right for a symmetric scale only.
  if (unary->kind == UnaryKind::kNeg && unary->arithmetic == Arithmetic::kTflite &&
      (ZeroOf(view.in(0)) != 0 || ZeroOf(view.out()) != 0 ||
       ScaleOf(view.in(0)) != ScaleOf(view.out()))) {
    return view.Unsupported("negates int8 of other scales than equal ones with zero point 0");
  }
  const ByteTable table = TableOf(*unary, view.in(0), view.out());
  op.params.resize(table.size() / sizeof(int32_t));
  std::memcpy(op.params.data(), table.data(), table.size());
  op.Set(UnaryAttr{static_cast<int32_t>(unary->kind)});
  return OkStatus();
}

}  // namespace covey::compiler
