// Float constants of a graph: read as numbers, made from numbers, quantised.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "compiler/ir/graph.hpp"
#include "compiler/quantize/interval.hpp"
#include "core/diag.hpp"
#include "core/status.hpp"

namespace covey::compiler {

// The numbers of a float32 constant.
std::vector<float> NumbersOf(const Tensor& tensor);
void SetNumbers(Tensor& tensor, std::span<const float> numbers);

// The real values of an int8 constant with one scale, or one an index of its axis, as float32.
Tensor Dequantise(const Tensor& tensor);

// Refuses NaN and infinity, naming the tensor and the place.
Status CheckFinite(const Tensor& tensor, Diag& diag);

// int8, one scale an index of `axis`: scale[c] = max |w| / 127. `least[c]` is a lower bound of the
// scale (so that the bias of a channel with tiny weights fits 32 bits).
Tensor QuantiseWeights(const Tensor& weights, int axis, std::span<const double> least);

// int8 with one scale, asymmetric; or int16, symmetric.
Tensor QuantiseConstant(const Tensor& tensor, bool wide = false);

// With the type, scale and zero point of another tensor; what does not fit is clamped.
Tensor QuantiseAs(const Tensor& tensor, const Tensor& like);

// int32 at scale input * weights; or int64, for int16 inputs.
template <typename T>
Tensor QuantiseBias(const std::string& name, std::span<const float> bias, double input_scale,
                    std::span<const float> weight_scales);

// The value of each output channel's index `c` of element `i`, for a tensor quantised along axis.
struct AxisWalk {
  AxisWalk(const std::vector<int32_t>& dims, int axis);
  size_t channel(size_t i) const { return i / inner % count; }
  size_t inner = 1, count = 1;
};

}  // namespace covey::compiler
