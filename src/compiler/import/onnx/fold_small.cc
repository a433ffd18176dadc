// What an exporter computes of constants and of shapes that it did not know: folded here, on
// import.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <string_view>

#include "compiler/import/onnx/constant.hpp"
#include "compiler/import/onnx/few.hpp"
#include "compiler/ir/check.hpp"

namespace covey::compiler::onnx_import {
namespace {

using Dims = std::vector<int32_t>;
using Inputs = std::vector<std::optional<Few>>;  // nothing: absent
using Folded = std::optional<Few>;               // nothing: stays a node

bool Fits(const Dims& dims) {
  const int64_t count = SafeElements(dims);
  return count >= 0 && count <= kFewAtMost;
}

std::optional<size_t> AxisOf(int64_t axis, size_t rank) {
  if (axis < 0) axis += static_cast<int64_t>(rank);
  if (axis < 0 || axis >= static_cast<int64_t>(rank)) return std::nullopt;
  return static_cast<size_t>(axis);
}

// A list of whole numbers: an input, else an attribute; nothing if there is neither.
std::optional<Dims> ListOf(const ::onnx::NodeProto& node, const Inputs& in, size_t i,
                           const char* attribute) {
  if (i < in.size() && in[i]) {
    if (!in[i]->integers() || in[i]->rank() > 1) return std::nullopt;
    Dims list;
    for (double value : in[i]->values) {
      list.push_back(static_cast<int32_t>(std::clamp(value, -2147483648.0, 2147483647.0)));
    }
    return list;
  }
  if (Attributes(node).Find(attribute) == nullptr) return std::nullopt;
  return Attributes(node).AllInts(attribute);
}

// As the type stores it: whole numbers are cut, floats have single precision.
double Stored(DType dtype, double value) {
  if (dtype == DType::kBool) return value != 0 ? 1 : 0;
  return dtype == DType::kFloat32 ? double{static_cast<float>(value)} : std::trunc(value);
}

Folded Broadcast(const Few& a, const Dims& dims) {
  const size_t skipped = dims.size() - a.rank();
  for (size_t d = 0; d < a.rank(); ++d) {
    if (a.dims[d] != 1 && a.dims[d] != dims[d + skipped]) return std::nullopt;
  }
  return Picked(a, dims, [&](const Place& place) {
    Place at(place.begin() + static_cast<ptrdiff_t>(skipped), place.end());
    for (size_t d = 0; d < at.size(); ++d) at[d] = a.dims[d] == 1 ? 0 : at[d];
    return at;
  });
}

std::optional<Dims> Common(const Dims& a, const Dims& b) {
  Dims dims(std::max(a.size(), b.size()));
  for (size_t i = 0; i < dims.size(); ++i) {
    const int32_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int32_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) return std::nullopt;
    dims[dims.size() - 1 - i] = x == 1 ? y : x;
  }
  return Fits(dims) ? std::optional(dims) : std::nullopt;
}

using Binary = double (*)(double, double);
Binary BinaryOf(std::string_view op) {
  static const std::map<std::string_view, Binary> kOps{
      {"Add", [](double a, double b) { return a + b; }},
      {"Sub", [](double a, double b) { return a - b; }},
      {"Mul", [](double a, double b) { return a * b; }},
      {"Div", [](double a, double b) { return a / b; }},
      {"Max", [](double a, double b) { return std::max(a, b); }},
      {"Min", [](double a, double b) { return std::min(a, b); }},
      {"Pow", [](double a, double b) { return std::pow(a, b); }},
      {"Equal", [](double a, double b) { return a == b ? 1.0 : 0.0; }},
      {"Less", [](double a, double b) { return a < b ? 1.0 : 0.0; }},
      {"Greater", [](double a, double b) { return a > b ? 1.0 : 0.0; }},
      {"LessOrEqual", [](double a, double b) { return a <= b ? 1.0 : 0.0; }},
      {"GreaterOrEqual", [](double a, double b) { return a >= b ? 1.0 : 0.0; }},
      {"And", [](double a, double b) { return a != 0 && b != 0 ? 1.0 : 0.0; }},
      {"Or", [](double a, double b) { return a != 0 || b != 0 ? 1.0 : 0.0; }},
  };
  const auto found = kOps.find(op);
  return found == kOps.end() ? nullptr : found->second;
}

Folded FoldBinary(const ::onnx::NodeProto& node, const Inputs& in) {
  const Binary compute = BinaryOf(node.op_type());
  if (in.size() != 2 || !in[0] || !in[1]) return std::nullopt;
  const auto dims = Common(in[0]->dims, in[1]->dims);
  if (!dims) return std::nullopt;
  auto a = Broadcast(*in[0], *dims);
  const auto b = Broadcast(*in[1], *dims);
  if (!a || !b) return std::nullopt;
  const bool divides = node.op_type() == "Div" && a->integers();
  if (divides && std::count(b->values.begin(), b->values.end(), 0.0) > 0) return std::nullopt;
  constexpr std::string_view kLogic[] = {"Equal",          "Less", "Greater", "LessOrEqual",
                                         "GreaterOrEqual", "And",  "Or"};
  if (std::count(std::begin(kLogic), std::end(kLogic), node.op_type()) > 0) a->dtype = DType::kBool;
  for (size_t i = 0; i < a->values.size(); ++i) {
    a->values[i] = Stored(a->dtype, compute(a->values[i], b->values[i]));
  }
  return a;
}

using Function = double (*)(double);
Function FunctionOf(std::string_view op) {
  static const std::map<std::string_view, Function> kOps{
      {"Neg", [](double a) { return -a; }},
      {"Abs", [](double a) { return std::abs(a); }},
      {"Sqrt", [](double a) { return std::sqrt(a); }},
      {"Exp", [](double a) { return std::exp(a); }},
      {"Log", [](double a) { return std::log(a); }},
      {"Floor", [](double a) { return std::floor(a); }},
      {"Ceil", [](double a) { return std::ceil(a); }},
      {"Reciprocal", [](double a) { return 1 / a; }},
      {"Not", [](double a) { return a != 0 ? 0.0 : 1.0; }},
  };
  const auto found = kOps.find(op);
  return found == kOps.end() ? nullptr : found->second;
}

Folded FoldFunction(const ::onnx::NodeProto& node, const Inputs& in) {
  Few made = *in[0];
  const Function compute = FunctionOf(node.op_type());
  for (double& value : made.values) value = Stored(made.dtype, compute(value));
  return made;
}

Folded FoldCast(const ::onnx::NodeProto& node, const Inputs& in) {
  Few made = *in[0];
  made.dtype = TypeOf(static_cast<int32_t>(Attributes(node).Int("to", 0)));
  if (made.dtype == DType::kNone) return std::nullopt;
  for (double& value : made.values) value = Stored(made.dtype, value);
  return made;
}

Folded FoldConcat(const ::onnx::NodeProto& node, const Inputs& in) {
  if (!in[0]) return std::nullopt;
  const auto axis = AxisOf(Attributes(node).Int("axis", 0), in[0]->rank());
  if (!axis) return std::nullopt;
  Few made{in[0]->dtype, in[0]->dims, {}};
  int64_t along = 0;
  size_t outer = 1;
  for (const auto& part : in) {
    if (!part || part->rank() != made.rank()) return std::nullopt;
    Dims same = part->dims;
    same[*axis] = made.dims[*axis];
    if (same != made.dims) return std::nullopt;
    along += part->dims[*axis];
  }
  if (along > kFewAtMost) return std::nullopt;
  for (size_t d = 0; d < *axis; ++d) outer *= static_cast<size_t>(made.dims[d]);
  made.dims[*axis] = static_cast<int32_t>(along);
  if (!Fits(made.dims)) return std::nullopt;
  for (size_t o = 0; o < outer; ++o) {
    for (const auto& part : in) {
      const auto run = static_cast<ptrdiff_t>(part->values.size() / outer);
      const auto from = part->values.begin() + static_cast<ptrdiff_t>(o) * run;
      made.values.insert(made.values.end(), from, from + run);
    }
  }
  return made;
}

Folded FoldSlice(const ::onnx::NodeProto& node, const Inputs& in) {
  const auto starts = ListOf(node, in, 1, "starts"), ends = ListOf(node, in, 2, "ends");
  if (!starts || !ends || starts->size() != ends->size()) return std::nullopt;
  Dims axes(starts->size());
  std::iota(axes.begin(), axes.end(), 0);
  axes = ListOf(node, in, 3, "axes").value_or(axes);
  const Dims steps = ListOf(node, in, 4, "").value_or(Dims(starts->size(), 1));
  if (axes.size() != starts->size() || steps.size() != starts->size()) return std::nullopt;
  const Few& from = *in[0];
  Dims dims = from.dims, begin(from.rank(), 0), step(from.rank(), 1);
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto axis = AxisOf(axes[i], from.rank());
    if (!axis || steps[i] == 0) return std::nullopt;
    const int64_t dim = from.dims[*axis], by = steps[i];
    const auto inside = [&](int64_t at) {
      at = at < 0 ? at + dim : at;
      return by > 0 ? std::clamp<int64_t>(at, 0, dim) : std::clamp<int64_t>(at, -1, dim - 1);
    };
    const int64_t first = inside((*starts)[i]), last = inside((*ends)[i]);
    const int64_t span = by > 0 ? last - first : first - last, size = by > 0 ? by : -by;
    begin[*axis] = static_cast<int32_t>(first);
    step[*axis] = steps[i];
    dims[*axis] = span <= 0 ? 0 : static_cast<int32_t>((span + size - 1) / size);
  }
  return Picked(from, dims, [&](const Place& place) {
    Place at = place;
    for (size_t d = 0; d < at.size(); ++d) at[d] = begin[d] + place[d] * step[d];
    return at;
  });
}

Folded FoldGather(const ::onnx::NodeProto& node, const Inputs& in) {
  if (in.size() != 2 || !in[1] || !in[1]->integers()) return std::nullopt;
  const Few &from = *in[0], &positions = *in[1];
  const auto axis = AxisOf(Attributes(node).Int("axis", 0), from.rank());
  if (!axis) return std::nullopt;
  const auto size = from.dims[*axis];
  for (double at : positions.values) {
    if (at < -size || at >= size) return std::nullopt;
  }
  Dims dims(from.dims.begin(), from.dims.begin() + static_cast<ptrdiff_t>(*axis));
  dims.insert(dims.end(), positions.dims.begin(), positions.dims.end());
  dims.insert(dims.end(), from.dims.begin() + static_cast<ptrdiff_t>(*axis) + 1, from.dims.end());
  if (!Fits(dims)) return std::nullopt;
  return Picked(from, dims, [&](const Place& place) {
    size_t flat = 0;
    for (size_t d = 0; d < positions.rank(); ++d) {
      flat = flat * static_cast<size_t>(positions.dims[d]) + static_cast<size_t>(place[*axis + d]);
    }
    const auto found = static_cast<int32_t>(positions.values[flat]);
    Place at(place.begin(), place.begin() + static_cast<ptrdiff_t>(*axis));
    at.push_back(found < 0 ? found + size : found);
    at.insert(at.end(), place.begin() + static_cast<ptrdiff_t>(*axis + positions.rank()),
              place.end());
    return at;
  });
}

Folded FoldReduce(const ::onnx::NodeProto& node, const Inputs& in) {
  const Few& from = *in[0];
  const Dims axes = ListOf(node, in, 1, "axes").value_or(Dims{});
  // Of lists, which is what shapes are.
  if (from.rank() != 1 || from.values.empty() || axes.size() > 1) return std::nullopt;
  if (!axes.empty() && axes[0] != 0 && axes[0] != -1) return std::nullopt;
  double made = from.values[0];
  for (size_t i = 1; i < from.values.size(); ++i) {
    const double next = from.values[i];
    if (node.op_type() == "ReduceProd") made *= next;
    if (node.op_type() == "ReduceSum") made += next;
    if (node.op_type() == "ReduceMax") made = std::max(made, next);
    if (node.op_type() == "ReduceMin") made = std::min(made, next);
  }
  const bool keep = Attributes(node).Int("keepdims", 1) != 0;
  return Few{from.dtype, keep ? Dims{1} : Dims{}, {Stored(from.dtype, made)}};
}

Folded FoldWhere(const ::onnx::NodeProto&, const Inputs& in) {
  if (in.size() != 3 || !in[1] || !in[2]) return std::nullopt;
  auto dims = Common(in[0]->dims, in[1]->dims);
  if (dims) dims = Common(*dims, in[2]->dims);
  if (!dims) return std::nullopt;
  const auto which = Broadcast(*in[0], *dims), no = Broadcast(*in[2], *dims);
  auto made = Broadcast(*in[1], *dims);
  if (!which || !made || !no) return std::nullopt;
  for (size_t i = 0; i < made->values.size(); ++i) {
    if (which->values[i] == 0) made->values[i] = no->values[i];
  }
  return made;
}

Folded FoldExpand(const ::onnx::NodeProto& node, const Inputs& in) {
  const auto shape = ListOf(node, in, 1, "");
  if (!shape || std::any_of(shape->begin(), shape->end(), [](int32_t d) { return d < 0; })) {
    return std::nullopt;
  }
  const auto dims = Common(in[0]->dims, *shape);
  return dims ? Broadcast(*in[0], *dims) : std::nullopt;
}

Folded FoldRange(const ::onnx::NodeProto&, const Inputs& in) {
  if (in.size() != 3 || !in[1] || !in[2] || in[0]->values.size() != 1 ||
      in[1]->values.size() != 1 || in[2]->values.size() != 1) {
    return std::nullopt;
  }
  const double begin = in[0]->values[0], end = in[1]->values[0], step = in[2]->values[0];
  const double count = std::ceil((end - begin) / step);
  if (!(count >= 0 && count <= kFewAtMost)) return std::nullopt;
  Few made{in[0]->dtype, {static_cast<int32_t>(count)}, {}};
  for (int32_t i = 0; i < made.dims[0]; ++i) made.values.push_back(begin + i * step);
  return made;
}

using Folder = Folded (*)(const ::onnx::NodeProto&, const Inputs&);
Folder FolderOf(std::string_view op) {
  static const std::map<std::string_view, Folder> kFolders{
      {"Cast", FoldCast},        {"Concat", FoldConcat},     {"Slice", FoldSlice},
      {"Gather", FoldGather},    {"ReduceProd", FoldReduce}, {"ReduceSum", FoldReduce},
      {"ReduceMax", FoldReduce}, {"ReduceMin", FoldReduce},  {"Where", FoldWhere},
      {"Expand", FoldExpand},    {"Range", FoldRange},
  };
  if (BinaryOf(op) != nullptr) return FoldBinary;
  if (FunctionOf(op) != nullptr) return FoldFunction;
  const auto found = kFolders.find(op);
  return found == kFolders.end() ? nullptr : found->second;
}

}  // namespace

Result<bool> FoldSmall(Importer& importer, const ::onnx::NodeProto& node) {
  if (node.input_size() == 0 || node.input_size() > 256 || node.output_size() != 1) return false;
  const Folder fold = FolderOf(node.op_type());
  if (fold == nullptr) return false;
  Inputs inputs;
  for (int i = 0; i < node.input_size(); ++i) {
    const Value* value = importer.In(node, i);
    inputs.push_back(value == nullptr ? std::nullopt : FewOf(importer, value));
    if (!inputs.back() && (value != nullptr || i == 0)) return false;
  }
  const Folded made = fold(node, inputs);
  if (!made) return false;
  return Give(importer, node, *made);
}

// Shape, and Size, its product.
Result<bool> Shape(Importer& importer, const ::onnx::NodeProto& node) {
  const Value* input = importer.In(node, 0);
  if (input == nullptr || !input->known) return false;
  const Dims dims = input->dims;
  if (node.op_type() == "Size") {
    return Give(importer, node, {DType::kInt64, {}, {static_cast<double>(SafeElements(dims))}});
  }
  const auto rank = static_cast<int64_t>(dims.size());
  const auto inside = [rank](int64_t at) {
    return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const int64_t begin = inside(Attributes(node).Int("start", 0));
  const int64_t end = std::max(begin, inside(Attributes(node).Int("end", rank)));
  Few made{DType::kInt64, {static_cast<int32_t>(end - begin)}, {}};
  made.values.assign(dims.begin() + begin, dims.begin() + end);
  return Give(importer, node, made);
}

Result<bool> ConstantOfShape(Importer& importer, const ::onnx::NodeProto& node) {
  const auto shape = FewOf(importer, importer.In(node, 0));
  if (!shape || !shape->integers() || shape->rank() != 1) return false;
  Few made{DType::kFloat32, {}, {0}};
  if (const auto* value = Attributes(node).Find("value"); value != nullptr && value->has_t()) {
    COVEY_TRY_ASSIGN(Tensor one, ReadConstant(value->t(), importer.diag()));
    Value as{.known = true, .dtype = one.dtype, .dims = one.dims};
    COVEY_TRY_ASSIGN(as.native, importer.AddTensor(std::move(one)));
    const auto number = FewOf(importer, &as);
    if (!number || number->values.size() != 1) return false;
    made = Few{number->dtype, {}, number->values};
  }
  for (double dim : shape->values) {
    if (!(dim >= 0 && dim <= kFewAtMost)) return false;
    made.dims.push_back(static_cast<int32_t>(dim));
  }
  if (!Fits(made.dims)) return false;
  made.values.assign(static_cast<size_t>(SafeElements(made.dims)), made.values[0]);
  return Give(importer, node, made);
}

}  // namespace covey::compiler::onnx_import
