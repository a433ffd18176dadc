// Shapes of ops that are kept by name only, so that a float network can be inspected to its end.
#include <algorithm>
#include <array>
#include <string_view>

#include "compiler/import/onnx/constant.hpp"
#include "compiler/import/onnx/importer.hpp"
#include "compiler/ir/check.hpp"

namespace covey::compiler::onnx_import {
namespace {

constexpr std::string_view kSameShape[] = {"BatchNormalization",
                                           "Cast",
                                           "Clip",
                                           "Elu",
                                           "Erf",
                                           "Exp",
                                           "HardSigmoid",
                                           "HardSwish",
                                           "InstanceNormalization",
                                           "LayerNormalization",
                                           "LeakyRelu",
                                           "Log",
                                           "LogSoftmax",
                                           "LRN",
                                           "Neg",
                                           "PRelu",
                                           "Relu",
                                           "Sigmoid",
                                           "Softmax",
                                           "Sqrt",
                                           "Tanh"};
constexpr std::string_view kBroadcast[] = {"Add", "Div", "Max", "Min", "Mul", "Pow", "Sub"};

template <size_t N>
bool OneOf(const std::string_view (&names)[N], const std::string& name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool BroadcastDims(const std::vector<int32_t>& other, std::vector<int32_t>& dims) {
  if (other.size() > dims.size()) dims.insert(dims.begin(), other.size() - dims.size(), 1);
  for (size_t i = 0; i < other.size(); ++i) {
    int32_t& dim = dims[dims.size() - 1 - i];
    const int32_t with = other[other.size() - 1 - i];
    if (dim != with && dim != 1 && with != 1) return false;
    dim = std::max(dim, with);
  }
  return true;
}

bool ConcatDims(Importer& importer, const ::onnx::NodeProto& node, std::vector<int32_t>& dims) {
  int64_t axis = Attributes(node).Int("axis", 0);
  if (axis < 0) axis += static_cast<int64_t>(dims.size());
  if (axis < 0 || axis >= static_cast<int64_t>(dims.size())) return false;
  int64_t sum = dims[static_cast<size_t>(axis)];
  for (int i = 1; i < node.input_size(); ++i) {
    const Value* input = importer.In(node, i);
    if (input == nullptr || !input->rank(dims.size())) return false;
    sum += input->dims[static_cast<size_t>(axis)];
  }
  if (sum > kMaxTensorBytes) return false;
  dims[static_cast<size_t>(axis)] = static_cast<int32_t>(sum);
  return true;
}

std::vector<int32_t> ListOf(Importer& importer, const ::onnx::NodeProto& node, int input,
                            const char* attribute) {
  const Tensor* given = importer.ConstantOf(importer.In(node, input));
  if (given != nullptr) return IntsOf(*given).value_or(std::vector<int32_t>{});
  return Attributes(node).AllInts(attribute);
}

bool SliceDims(Importer& importer, const ::onnx::NodeProto& node, std::vector<int32_t>& dims) {
  const std::vector<int32_t> starts = ListOf(importer, node, 1, "starts");
  const std::vector<int32_t> ends = ListOf(importer, node, 2, "ends");
  std::vector<int32_t> axes = ListOf(importer, node, 3, "axes");
  std::vector<int32_t> steps = ListOf(importer, node, 4, "steps");
  for (size_t i = axes.size(); i < starts.size(); ++i) axes.push_back(static_cast<int32_t>(i));
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (starts.empty() || ends.size() != starts.size() || axes.size() != starts.size() ||
      steps.size() != starts.size()) {
    return false;
  }
  const auto rank = static_cast<int64_t>(dims.size());
  for (size_t i = 0; i < starts.size(); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
    if (axis < 0 || axis >= rank || steps[i] < 1) return false;
    int32_t& dim = dims[static_cast<size_t>(axis)];
    const auto inside = [&dim](int64_t at) {
      return std::clamp<int64_t>(at < 0 ? at + dim : at, 0, dim);
    };
    const int64_t span = inside(ends[i]) - inside(starts[i]);
    dim = span <= 0 ? 0 : static_cast<int32_t>((span + steps[i] - 1) / steps[i]);
  }
  return true;
}

}  // namespace

bool InferOpaque(Importer& importer, const ::onnx::NodeProto& node, Value& result) {
  const Value* first = importer.In(node, 0);
  if (first == nullptr || !first->known) return false;
  result = Value{.known = true, .dtype = first->dtype, .dims = first->dims};
  if (OneOf(kSameShape, node.op_type())) return true;
  if (node.op_type() == "Concat") return ConcatDims(importer, node, result.dims);
  if (node.op_type() == "Slice") return SliceDims(importer, node, result.dims);
  if (!OneOf(kBroadcast, node.op_type())) return false;
  for (int i = 1; i < node.input_size(); ++i) {
    const Value* other = importer.In(node, i);
    if (other == nullptr || !other->known || !BroadcastDims(other->dims, result.dims)) {
      return false;
    }
  }
  return true;
}

}  // namespace covey::compiler::onnx_import
