#include "compiler/import/onnx/said.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "compiler/ir/check.hpp"

namespace covey::compiler::onnx_import {

::onnx::AttributeProto Ints(const char* name, const std::vector<int32_t>& values) {
  ::onnx::AttributeProto made;
  made.set_name(name);
  made.set_type(::onnx::AttributeProto::INTS);
  for (int32_t value : values) made.add_ints(value);
  return made;
}

::onnx::AttributeProto Int(const char* name, int64_t value) {
  ::onnx::AttributeProto made;
  made.set_name(name);
  made.set_type(::onnx::AttributeProto::INT);
  made.set_i(value);
  return made;
}

::onnx::AttributeProto Real(const char* name, float value) {
  ::onnx::AttributeProto made;
  made.set_name(name);
  made.set_type(::onnx::AttributeProto::FLOAT);
  made.set_f(value);
  return made;
}

const Value* Said::Known(const Name& name) const {
  const Value* value = name.empty() ? nullptr : importer_.Named(name);
  return value != nullptr && value->known ? value : nullptr;
}

size_t Said::rank(const Name& name) const {
  const Value* value = Known(name);
  return value == nullptr ? 0 : value->dims.size();
}

Said::Name Said::Fresh(const char* what) {
  const auto& names = node_.output();
  const auto named =
      std::find_if(names.begin(), names.end(), [](const Name& n) { return !n.empty(); });
  return (named == names.end() ? node_.name() : *named) + "/" + what + "/" +
         std::to_string(count_++);
}

Said::Name Said::Do(const char* op, const std::vector<Name>& inputs, const Options& options) {
  const Name output = Fresh(op);
  Add(op, inputs, options, output);
  return output;
}

void Said::To(int output, const char* op, const std::vector<Name>& inputs, const Options& options) {
  const Name& name = node_.output(output);
  if (!name.empty()) Add(op, inputs, options, name);
}

void Said::Add(const char* op, const std::vector<Name>& inputs, const Options& options,
               const Name& output) {
  if (!status_.ok() || !known_) return;
  ::onnx::NodeProto made;
  made.set_op_type(op);
  made.set_name(node_.name().empty() ? output : node_.name());
  for (const Name& input : inputs) made.add_input(input);
  made.add_output(output);
  for (const auto& option : options) *made.add_attribute() = option;
  status_ = importer_.Read(made);
}

Said::Name Said::List(const std::vector<int32_t>& values) {
  return Constant({DType::kInt64,
                   {static_cast<int32_t>(values.size())},
                   std::vector<double>(values.begin(), values.end())});
}

Said::Name Said::Constant(const Few& few) {
  const Name name = Fresh("constant");
  if (!status_.ok()) return name;
  const auto value = AddFew(importer_, name, few);
  status_ = value.status();
  if (value.ok()) importer_.Put(name, *value);
  return name;
}

Result<bool> Said::Done() const {
  COVEY_TRY(status_);
  return known_;
}

std::vector<int32_t> AxesFrom(size_t first, size_t rank) {
  std::vector<int32_t> axes(rank > first ? rank - first : 0);
  std::iota(axes.begin(), axes.end(), static_cast<int32_t>(first));
  return axes;
}

std::optional<std::vector<int32_t>> AxesNamed(Importer& importer, const ::onnx::NodeProto& node,
                                              size_t rank, std::vector<int32_t> otherwise) {
  std::vector<int32_t> axes = Attributes(node).AllInts("axes");
  if (const Value* given = importer.In(node, 1); given != nullptr) {
    const auto numbers = FewOf(importer, given);
    if (!numbers || !numbers->integers()) return std::nullopt;
    axes.clear();
    for (double value : numbers->values) {
      if (std::abs(value) > double{kMaxDims}) return std::nullopt;
      axes.push_back(static_cast<int32_t>(value));
    }
  }
  if (axes.empty()) axes = std::move(otherwise);
  for (int32_t& axis : axes) {
    const auto all = static_cast<int32_t>(rank);
    if (axis < -all || axis >= all) return std::nullopt;
    axis = axis < 0 ? axis + all : axis;
  }
  std::sort(axes.begin(), axes.end());
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  return axes;
}

Handler SaidHandlerOf(const std::string& op_type) {
  for (const auto& table : {NormHandlerOf, SumHandlerOf, MoveHandlerOf, RecurrentHandlerOf,
                            LogicHandlerOf, ProductHandlerOf}) {
    if (const Handler handler = table(op_type); handler != nullptr) return handler;
  }
  return nullptr;
}

}  // namespace covey::compiler::onnx_import
