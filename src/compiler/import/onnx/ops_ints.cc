// What an exporter computes of shapes, when it does not know them: lists of whole numbers, here.
#include <algorithm>
#include <cstring>

#include "compiler/import/onnx/constant.hpp"
#include "compiler/import/onnx/importer.hpp"

namespace covey::compiler::onnx_import {
namespace {

using Numbers = std::vector<int32_t>;
constexpr size_t kMost = 4096;

Result<bool> Give(Importer& importer, const ::onnx::NodeProto& node, const Numbers& numbers,
                  bool scalar) {
  Tensor tensor;
  tensor.name = node.output(0);
  tensor.dtype = DType::kInt64;
  if (!scalar) tensor.dims = {static_cast<int32_t>(numbers.size())};
  std::vector<std::byte> data(numbers.size() * sizeof(int64_t));
  for (size_t i = 0; i < numbers.size(); ++i) {
    const int64_t wide = numbers[i];
    std::memcpy(data.data() + i * sizeof(wide), &wide, sizeof(wide));
  }
  tensor.data = std::make_shared<const std::vector<std::byte>>(std::move(data));
  Value value{.known = true, .dtype = DType::kInt64, .dims = tensor.dims};
  COVEY_TRY_ASSIGN(value.native, importer.AddTensor(std::move(tensor)));
  importer.Alias(node, 0, value);
  return true;
}

// A list or a number of constant integers; nothing for other tensors.
std::optional<Numbers> IntegersOf(const Tensor* tensor) {
  if (tensor == nullptr || tensor->dims.size() > 1 || !tensor->quant.empty() ||
      (tensor->dtype != DType::kInt64 && tensor->dtype != DType::kInt32)) {
    return std::nullopt;
  }
  auto numbers = IntsOf(*tensor);
  return numbers && numbers->size() <= kMost ? numbers : std::nullopt;
}

Result<bool> GatherNumbers(Importer& importer, const ::onnx::NodeProto& node, const Numbers& from,
                           const Tensor* positions) {
  const auto at = IntegersOf(positions);
  if (!at || Attributes(node).Int("axis", 0) != 0) return false;
  Numbers taken;
  for (int32_t position : *at) {
    const auto size = static_cast<int32_t>(from.size());
    if (position < -size || position >= size) return false;
    taken.push_back(from[static_cast<size_t>(position < 0 ? position + size : position)]);
  }
  return Give(importer, node, taken, positions->dims.empty());
}

Result<bool> SliceNumbers(Importer& importer, const ::onnx::NodeProto& node, const Numbers& from) {
  const auto one = [&](int i, const char* name) -> std::optional<int32_t> {
    const Tensor* given = importer.ConstantOf(importer.In(node, i));
    const auto numbers =
        given != nullptr ? IntegersOf(given) : std::optional(Attributes(node).AllInts(name));
    return numbers && numbers->size() == 1 ? std::optional((*numbers)[0]) : std::nullopt;
  };
  const auto begin = one(1, "starts"), end = one(2, "ends");
  if (!begin || !end || node.input_size() > 4) return false;
  const auto size = static_cast<int64_t>(from.size());
  const auto inside = [size](int64_t at) {
    return std::clamp<int64_t>(at < 0 ? at + size : at, 0, size);
  };
  const auto first = inside(*begin), last = std::max(first, inside(*end));
  return Give(importer, node, Numbers(from.begin() + first, from.begin() + last), false);
}

Result<bool> JoinNumbers(Importer& importer, const ::onnx::NodeProto& node) {
  Numbers joined;
  for (int i = 0; i < node.input_size(); ++i) {
    const auto part = IntegersOf(importer.ConstantOf(importer.In(node, i)));
    if (!part || joined.size() + part->size() > kMost) return false;
    joined.insert(joined.end(), part->begin(), part->end());
  }
  return Give(importer, node, joined, false);
}

}  // namespace

Result<bool> Shape(Importer& importer, const ::onnx::NodeProto& node) {
  const Value* input = importer.In(node, 0);
  if (input == nullptr || !input->known || Attributes(node).Find("start") != nullptr ||
      Attributes(node).Find("end") != nullptr) {
    return false;
  }
  const Numbers dims = input->dims;
  return Give(importer, node, dims, false);
}

Result<bool> FoldIntegers(Importer& importer, const ::onnx::NodeProto& node) {
  if (node.input_size() == 0 || node.output_size() != 1) return false;
  const Tensor* first = importer.ConstantOf(importer.In(node, 0));
  const auto numbers = IntegersOf(first);
  if (!numbers) return false;
  const std::string& op = node.op_type();
  if (op == "Concat") return JoinNumbers(importer, node);
  if (op == "Slice") return SliceNumbers(importer, node, *numbers);
  if (op == "Gather") {
    return GatherNumbers(importer, node, *numbers, importer.ConstantOf(importer.In(node, 1)));
  }
  const int64_t to = Attributes(node).Int("to", 0);
  if (op == "Cast" && (to == ::onnx::TensorProto::INT64 || to == ::onnx::TensorProto::INT32)) {
    return Give(importer, node, *numbers, first->dims.empty());
  }
  return false;
}

}  // namespace covey::compiler::onnx_import
