#include "compiler/quantize/constants.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "compiler/ir/check.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {
namespace {

constexpr float kMostWeight = 127;  // symmetric: -128 is not used

template <typename T>
std::shared_ptr<const std::vector<std::byte>> BytesOf(std::span<const T> values) {
  std::vector<std::byte> bytes(values.size_bytes());
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return std::make_shared<const std::vector<std::byte>>(std::move(bytes));
}

}  // namespace

std::vector<float> NumbersOf(const Tensor& tensor) {
  std::vector<float> numbers(tensor.data->size() / sizeof(float));
  if (!numbers.empty()) {
    std::memcpy(numbers.data(), tensor.data->data(), numbers.size() * sizeof(float));
  }
  return numbers;
}

void SetNumbers(Tensor& tensor, std::span<const float> numbers) { tensor.data = BytesOf(numbers); }

Status CheckFinite(const Tensor& tensor, Diag& diag) {
  const std::vector<float> numbers = NumbersOf(tensor);
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (std::isfinite(numbers[i])) continue;
    return Refuse(diag, {Code::kInvalidArgument, "quantize: a weight is not finite"},
                  Describe(tensor),
                  "element " + std::to_string(i) + " is " + std::to_string(numbers[i]) +
                      ", expected a finite number");
  }
  return OkStatus();
}

AxisWalk::AxisWalk(const std::vector<int32_t>& dims, int axis) {
  if (dims.empty()) return;
  count = static_cast<size_t>(std::max(dims[static_cast<size_t>(axis)], 1));
  for (size_t i = static_cast<size_t>(axis) + 1; i < dims.size(); ++i) {
    inner *= static_cast<size_t>(std::max(dims[i], 1));
  }
}

Tensor QuantiseWeights(const Tensor& weights, int axis, std::span<const double> least) {
  const std::vector<float> numbers = NumbersOf(weights);
  const AxisWalk walk(weights.dims, axis);
  std::vector<float> most(walk.count);
  for (size_t i = 0; i < numbers.size(); ++i) {
    float& m = most[walk.channel(i)];
    m = std::max(m, std::abs(numbers[i]));
  }
  // Below it a scale times the input's could leave the range of floats; all such weights become 0.
  constexpr double kLeastScale = 1e-20;
  Tensor made = weights;
  made.dtype = DType::kInt8;
  made.quant = {.scales = {}, .zero_points = std::vector<int32_t>(walk.count), .axis = axis};
  for (size_t c = 0; c < walk.count; ++c) {
    const double floor = std::max(kLeastScale, c < least.size() ? least[c] : 0.0);
    made.quant.scales.push_back(
        static_cast<float>(std::max(double{most[c]} / double{kMostWeight}, floor)));
  }
  std::vector<int8_t> bytes(numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    const float q = std::round(numbers[i] / made.quant.scales[walk.channel(i)]);
    bytes[i] = static_cast<int8_t>(std::clamp(q, -kMostWeight, kMostWeight));
  }
  made.data = BytesOf<int8_t>(bytes);
  return made;
}

Tensor Dequantise(const Tensor& tensor) {
  const AxisWalk walk(tensor.dims, std::max(tensor.quant.axis, 0));
  const bool each = tensor.quant.scales.size() > 1;
  std::vector<float> numbers(tensor.data->size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    const size_t c = each ? walk.channel(i) : 0;
    numbers[i] =
        tensor.quant.scales[c] *
        static_cast<float>(static_cast<int8_t>((*tensor.data)[i]) - tensor.quant.zero_points[c]);
  }
  Tensor made = tensor;
  made.dtype = DType::kFloat32;
  made.quant = {};
  SetNumbers(made, numbers);
  return made;
}

Tensor QuantiseConstant(const Tensor& tensor, bool wide) {
  Interval range;
  for (float x : NumbersOf(tensor)) range = Union(range, {x, x});
  const ScaleZero q = wide ? SymmetricInt16(range) : AsymmetricInt8(range);
  Tensor like;
  like.dtype = wide ? DType::kInt16 : DType::kInt8;
  like.quant = {.scales = {q.scale}, .zero_points = {q.zero_point}, .axis = -1};
  return QuantiseAs(tensor, like);
}

Tensor QuantiseAs(const Tensor& tensor, const Tensor& like) {
  const ScaleZero q{like.quant.scales[0], like.quant.zero_points[0]};
  const bool wide = like.dtype == DType::kInt16;
  Tensor made = tensor;
  made.dtype = like.dtype;
  made.quant = like.quant;
  std::vector<int8_t> narrow;
  std::vector<int16_t> full;
  for (float x : NumbersOf(tensor)) {
    if (wide) {
      full.push_back(QuantiseInt16(x, q));
    } else {
      narrow.push_back(QuantiseInt8(x, q));
    }
  }
  made.data = wide ? BytesOf<int16_t>(full) : BytesOf<int8_t>(narrow);
  return made;
}

template <typename T>
Tensor QuantiseBias(const std::string& name, std::span<const float> bias, double input_scale,
                    std::span<const float> weight_scales) {
  // 64-bit sums stay far from their end: int16 arithmetic scales sums of up to 47 bits.
  constexpr double kMost = sizeof(T) == sizeof(int32_t) ? 2147483647.0 : 70368744177664.0;
  std::vector<T> values(bias.size());
  for (size_t c = 0; c < bias.size(); ++c) {
    const double q = std::round(double{bias[c]} / (input_scale * double{weight_scales[c]}));
    values[c] = static_cast<T>(std::clamp(q, -kMost, kMost));
  }
  Tensor made;
  made.name = name;
  made.dtype = sizeof(T) == sizeof(int32_t) ? DType::kInt32 : DType::kInt64;
  made.dims = {static_cast<int32_t>(bias.size())};
  made.data = BytesOf<T>(values);
  return made;
}
template Tensor QuantiseBias<int32_t>(const std::string&, std::span<const float>, double,
                                      std::span<const float>);
template Tensor QuantiseBias<int64_t>(const std::string&, std::span<const float>, double,
                                      std::span<const float>);

}  // namespace covey::compiler
