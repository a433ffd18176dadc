// BatchNormalization, as networks that were not folded by their exporter have it: a scale and an
// offset a channel, which is a depthwise convolution of one tap.
//
//   y = scale * (x - mean) / sqrt(variance + epsilon) + bias
#include <cmath>
#include <cstring>

#include "compiler/import/onnx/few.hpp"
#include "compiler/import/onnx/importer.hpp"

namespace covey::compiler::onnx_import {
namespace {

Tensor Numbers(const std::string& name, std::vector<int32_t> dims,
               const std::vector<float>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(float));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  Tensor tensor;
  tensor.name = name;
  tensor.dtype = DType::kFloat32;
  tensor.dims = std::move(dims);
  tensor.data = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  return tensor;
}

// Inputs 1 to 4: scale, bias, mean, variance. Empty if one is no constant of `channels` numbers.
std::vector<std::vector<float>> Statistics(Importer& importer, const ::onnx::NodeProto& node,
                                           int32_t channels) {
  std::vector<std::vector<float>> all;
  for (int i = 1; i <= 4; ++i) {
    const auto numbers = FewOf(importer, importer.In(node, i));
    if (!numbers || numbers->values.size() != static_cast<size_t>(channels)) return {};
    all.emplace_back(numbers->values.begin(), numbers->values.end());
  }
  return all;
}

}  // namespace

Result<bool> BatchNormalization(Importer& importer, const ::onnx::NodeProto& node) {
  Value* input = importer.In(node, 0);
  const Attributes attributes(node);
  if (input == nullptr || !input->rank(4) || input->dtype != DType::kFloat32 ||
      importer.ConstantOf(input) != nullptr || attributes.Int("training_mode", 0) != 0 ||
      node.output_size() != 1) {
    return false;
  }
  const int32_t channels = input->dims[1];
  const auto statistics = Statistics(importer, node, channels);
  if (statistics.empty()) return false;
  const double epsilon = double{attributes.Float("epsilon", 1e-5F)};
  std::vector<float> factors, offsets;
  for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
    const double factor = double{statistics[0][c]} / std::sqrt(double{statistics[3][c]} + epsilon);
    factors.push_back(static_cast<float>(factor));
    offsets.push_back(
        static_cast<float>(double{statistics[1][c]} - factor * double{statistics[2][c]}));
  }
  COVEY_TRY(importer.Spend(2 * static_cast<int64_t>(sizeof(float)) * channels));
  COVEY_TRY_ASSIGN(const int from, importer.Nhwc(*input));
  COVEY_TRY_ASSIGN(const int weights, importer.AddTensor(Numbers(node.output(0) + "/scale",
                                                                 {1, 1, 1, channels}, factors)));
  COVEY_TRY_ASSIGN(const int bias,
                   importer.AddTensor(Numbers(node.output(0) + "/offset", {channels}, offsets)));
  const std::vector<int32_t> dims = input->dims;
  COVEY_TRY_ASSIGN(const int output, importer.Define(node, 0, DType::kFloat32, dims, true));
  Window window;
  window.groups = channels;
  importer.AddNode(Op::kDepthwiseConv2D, node, {from, weights, bias}, output).attributes = window;
  return true;
}

}  // namespace covey::compiler::onnx_import
