// Functions of one element: handlers that keep the layout they find.
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>

#include "compiler/import/onnx/few.hpp"
#include "compiler/import/onnx/importer.hpp"
#include "compiler/ir/check.hpp"

namespace covey::compiler::onnx_import {
namespace {

struct Name {
  std::string_view name;
  UnaryKind kind;
};
constexpr Name kNames[] = {
    {"Sigmoid", UnaryKind::kLogistic},
    {"Tanh", UnaryKind::kTanh},
    {"HardSwish", UnaryKind::kHardSwish},
    {"HardSigmoid", UnaryKind::kHardSigmoid},
    {"LeakyRelu", UnaryKind::kLeakyRelu},
    {"Elu", UnaryKind::kElu},
    {"Abs", UnaryKind::kAbs},
    {"Neg", UnaryKind::kNeg},
    {"Sqrt", UnaryKind::kSqrt},
    {"Exp", UnaryKind::kExp},
    {"Log", UnaryKind::kLog},
    {"Gelu", UnaryKind::kGelu},
    {"Softplus", UnaryKind::kSoftplus},
    {"Mish", UnaryKind::kMish},
    {"Erf", UnaryKind::kErf},
    {"Floor", UnaryKind::kFloor},
    {"Ceil", UnaryKind::kCeil},
    {"Round", UnaryKind::kRound},
    {"Sign", UnaryKind::kSign},
    {"Reciprocal", UnaryKind::kReciprocal},
    {"Sin", UnaryKind::kSin},
    {"Cos", UnaryKind::kCos},
};

Result<bool> AddUnary(Importer& importer, const ::onnx::NodeProto& node, Value* input,
                      const Unary& unary) {
  if (input == nullptr || !input->known || importer.ConstantOf(input) != nullptr) return false;
  const bool nhwc = input->nhwc >= 0;
  const int from = importer.Any(*input);
  COVEY_TRY_ASSIGN(const int output, importer.Define(node, 0, input->dtype, input->dims, nhwc));
  importer.AddNode(Op::kUnary, node, {from}, output).attributes = unary;
  return true;
}

// The one number of a constant, quantised or not; nothing if there are more.
std::optional<double> NumberOf(Importer& importer, const Value* value) {
  const auto numbers = FewOf(importer, value);
  if (!numbers || numbers->values.size() != 1) return std::nullopt;
  return numbers->values[0];
}

std::optional<Unary> WithNumber(const std::string& op, double number, bool number_first) {
  const auto linear = [](double alpha, double beta) {
    return Unary{.kind = UnaryKind::kLinear,
                 .alpha = static_cast<float>(alpha),
                 .beta = static_cast<float>(beta),
                 .table = nullptr};
  };
  constexpr float kHuge = std::numeric_limits<float>::max();
  if (op == "Add") return linear(1, number);
  if (op == "Mul") return linear(number, 0);
  if (op == "Sub") return number_first ? linear(-1, number) : linear(1, -number);
  if (op == "Div" && !number_first && number != 0) return linear(1 / number, 0);
  if (op == "Div" && number_first && number == 1) {
    return Unary{.kind = UnaryKind::kReciprocal, .table = nullptr};
  }
  Unary unary{.kind = UnaryKind::kClip, .alpha = -kHuge, .beta = kHuge, .table = nullptr};
  if (op == "Max" || op == "Min") {
    (op == "Max" ? unary.alpha : unary.beta) = static_cast<float>(number);
    return unary;
  }
  if (op != "Pow" || number_first) return std::nullopt;
  unary.kind = number == 2 ? UnaryKind::kSquare : UnaryKind::kPower;
  unary.alpha = static_cast<float>(number);
  return unary;
}

}  // namespace

Result<bool> UnaryFunction(Importer& importer, const ::onnx::NodeProto& node) {
  Unary unary;
  for (const Name& row : kNames) {
    if (row.name == node.op_type()) unary.kind = row.kind;
  }
  const Attributes attributes(node);
  switch (unary.kind) {
    case UnaryKind::kHardSigmoid:
      unary.alpha = attributes.Float("alpha", 0.2F);
      unary.beta = attributes.Float("beta", 0.5F);
      break;
    case UnaryKind::kLeakyRelu:
      unary.alpha = attributes.Float("alpha", 0.01F);
      break;
    case UnaryKind::kElu:
      unary.alpha = attributes.Float("alpha", 1.0F);
      break;
    case UnaryKind::kGelu:
      if (attributes.String("approximate", "none") == "tanh") unary.kind = UnaryKind::kGeluTanh;
      break;
    default:
      break;
  }
  return AddUnary(importer, node, importer.In(node, 0), unary);
}

Result<bool> ByNumber(Importer& importer, const ::onnx::NodeProto& node) {
  if (node.input_size() != 2) return false;
  for (const bool first : {false, true}) {
    Value* value = importer.In(node, first ? 1 : 0);
    const Value* other = importer.In(node, first ? 0 : 1);
    if (value == nullptr || other == nullptr || !value->known || !other->known ||
        other->dims.size() > value->dims.size()) {
      continue;
    }
    const auto number = NumberOf(importer, other);
    const auto unary = number ? WithNumber(node.op_type(), *number, first) : std::nullopt;
    if (!unary) continue;
    COVEY_TRY_ASSIGN(const bool taken, AddUnary(importer, node, value, *unary));
    if (taken) return true;
  }
  return false;
}

Result<bool> ClipTo(Importer& importer, const ::onnx::NodeProto& node, float least, float most) {
  const Unary unary{.kind = UnaryKind::kClip, .alpha = least, .beta = most, .table = nullptr};
  return AddUnary(importer, node, importer.In(node, 0), unary);
}

}  // namespace covey::compiler::onnx_import
