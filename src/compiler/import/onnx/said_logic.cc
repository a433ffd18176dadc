// Comparisons and choices of computed numbers. A truth value is a float, 1 or 0; it has no form
// outside the network.
#include <limits>
#include <map>

#include "compiler/import/onnx/said.hpp"

namespace covey::compiler::onnx_import {
namespace {

using Name = Said::Name;

bool Floats(const Said& said, int i) {
  const Value* value = said.Known(said.In(i));
  return value != nullptr && value->dtype == DType::kFloat32;
}

// a > b
Name Greater(Said& said, const Name& a, const Name& b) {
  return said.Do("Relu", {said.Do("Sign", {said.Do("Sub", {a, b})})});
}
Name Not(Said& said, const Name& truth) { return said.Do("Sub", {said.Number(1), truth}); }

Result<bool> Compare(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  if (importer.IsGraphOutput(node.output(0)) || !Floats(said, 0) || !Floats(said, 1)) return false;
  const std::string& op = node.op_type();
  const Name a = said.In(0), b = said.In(1);
  Name truth;
  if (op == "Greater") truth = Greater(said, a, b);
  if (op == "Less") truth = Greater(said, b, a);
  if (op == "GreaterOrEqual") truth = Not(said, Greater(said, b, a));
  if (op == "LessOrEqual") truth = Not(said, Greater(said, a, b));
  if (op == "Equal") {
    truth = Not(said, said.Do("Abs", {said.Do("Sign", {said.Do("Sub", {a, b})})}));
  }
  said.To(0, "Identity", {truth});
  return said.Done();
}

Result<bool> Combine(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const std::string& op = node.op_type();
  if (importer.IsGraphOutput(node.output(0)) || !Floats(said, 0)) return false;
  if (op == "Not") {
    said.To(0, "Identity", {Not(said, said.In(0))});
    return said.Done();
  }
  if (!Floats(said, 1)) return false;
  said.To(0, op == "And" ? "Min" : "Max", {said.In(0), said.In(1)});
  return said.Done();
}

// An infinity or what is no number, where the other value is chosen, must not spoil it.
Name Finite(Said& said, const Name& x) {
  constexpr float kMost = std::numeric_limits<float>::max();
  return said.Do("Min", {said.Do("Max", {x, said.Number(-kMost)}), said.Number(kMost)});
}

// condition * a + (1 - condition) * b
Result<bool> Where(Importer& importer, const ::onnx::NodeProto& node) {
  Said said(importer, node);
  const Value* condition = importer.In(node, 0);
  if (condition == nullptr || !Floats(said, 1) || !Floats(said, 2)) return false;
  const bool known = importer.ConstantOf(condition) != nullptr;
  if (!known && !Floats(said, 0)) return false;
  const Name truth = known ? said.Do("Cast", {said.In(0)}, {Int("to", 1)}) : said.In(0);
  // A constant where the condition is one, too, keeps its infinities, as of a mask.
  const auto part = [&](int i, bool first) {
    if (known && importer.ConstantOf(importer.In(node, i)) != nullptr) {
      const Name zero = said.Number(0);
      return said.Do("Where", {said.In(0), first ? said.In(i) : zero, first ? zero : said.In(i)});
    }
    return said.Do("Mul", {Finite(said, said.In(i)), first ? truth : Not(said, truth)});
  };
  const Name a = part(1, true), b = part(2, false);
  said.To(0, "Add", {a, b});
  return said.Done();
}

}  // namespace

Handler LogicHandlerOf(const std::string& op_type) {
  static const std::map<std::string, Handler> kHandlers{
      {"And", Combine},     {"Equal", Compare},
      {"Greater", Compare}, {"GreaterOrEqual", Compare},
      {"Less", Compare},    {"LessOrEqual", Compare},
      {"Not", Combine},     {"Or", Combine},
      {"Where", Where},
  };
  const auto found = kHandlers.find(op_type);
  return found == kHandlers.end() ? nullptr : found->second;
}

}  // namespace covey::compiler::onnx_import
