// Small readers that the importer's ops share.
#pragma once

#include <cstring>
#include <optional>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "schema_generated.h"

namespace covey::compiler::tflite {

// Input i of a node; null if it is absent.
inline const covey::compiler::Tensor* TensorAt(const Graph& graph, const std::vector<int>& list,
                                               size_t i) {
  if (i >= list.size() || list[i] < 0) return nullptr;
  return &graph.tensors[static_cast<size_t>(list[i])];
}

// The numbers of a constant int32 or int64 tensor; nothing if it is no such constant.
inline std::optional<std::vector<int32_t>> Numbers(const covey::compiler::Tensor* tensor) {
  if (tensor == nullptr || !tensor->constant()) return std::nullopt;
  const size_t width = DTypeBytes(tensor->dtype);
  if (tensor->dtype != DType::kInt32 && tensor->dtype != DType::kInt64) return std::nullopt;
  std::vector<int32_t> numbers(tensor->data->size() / width);
  for (size_t i = 0; i < numbers.size(); ++i) {
    int64_t value = 0;
    if (width == sizeof(int32_t)) {
      int32_t narrow = 0;
      std::memcpy(&narrow, tensor->data->data() + i * width, width);
      value = narrow;
    } else {
      std::memcpy(&value, tensor->data->data() + i * width, width);
    }
    if (value < INT32_MIN || value > INT32_MAX) return std::nullopt;
    numbers[i] = static_cast<int32_t>(value);
  }
  return numbers;
}

// A converter gives a constant of nothing but zeros the scale 0; another does as well.
inline void GiveZerosAScale(covey::compiler::Tensor& tensor) {
  auto& quant = tensor.quant;
  if (!tensor.constant() || quant.scales.size() != 1 || quant.scales[0] != 0 ||
      quant.zero_points.size() != 1 || quant.zero_points[0] != 0) {
    return;
  }
  for (std::byte byte : *tensor.data) {
    if (byte != std::byte{0}) return;
  }
  quant.scales[0] = 0x1p-100F;  // so that products with it are nothing, too
}

// Nothing for one that the IR cannot say.
inline std::optional<covey::compiler::Activation> ActivationOf(tflite::Activation activation) {
  switch (activation) {
    case tflite::Activation::NONE:
      return covey::compiler::Activation::kNone;
    case tflite::Activation::RELU:
      return covey::compiler::Activation::kRelu;
    case tflite::Activation::RELU6:
      return covey::compiler::Activation::kRelu6;
    case tflite::Activation::RELU_N1_TO_1:
      return covey::compiler::Activation::kReluN1To1;
    default:
      return std::nullopt;
  }
}

}  // namespace covey::compiler::tflite
