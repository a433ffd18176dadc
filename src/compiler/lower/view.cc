#include "compiler/lower/view.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/ir/check.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {

Status NodeView::Unsupported(const std::string& problem) const {
  return Refuse(diag_, {Code::kUnimplemented, "compile: the int8 engine does not run this"},
                Describe(node_), problem);
}

Status NodeView::Bad(const std::string& problem) const {
  return Refuse(diag_, {Code::kInvalidArgument, "compile: the shapes do not fit"}, Describe(node_),
                problem);
}

Status NodeView::Counts(size_t at_least, size_t at_most, size_t outputs) const {
  size_t present = node_.inputs.size();
  while (present > 0 && node_.inputs[present - 1] == kNoTensor) --present;
  if (present < at_least || present > at_most) {
    return Bad(std::to_string(present) + " inputs, expected " + std::to_string(at_least) +
               (at_most > at_least ? " to " + std::to_string(at_most) : ""));
  }
  for (size_t i = 0; i < at_least; ++i) {
    if (!has(i)) return Bad("input " + std::to_string(i) + " is absent");
  }
  const size_t absent =
      static_cast<size_t>(std::count(node_.outputs.begin(), node_.outputs.end(), kNoTensor));
  if (node_.outputs.size() != outputs || absent > 0) {
    return Bad(std::to_string(node_.outputs.size() - absent) + " outputs, expected " +
               std::to_string(outputs));
  }
  return OkStatus();
}

Status NodeView::Type(const Tensor& tensor, DType dtype) const {
  if (tensor.dtype == dtype) return OkStatus();
  // A float op may become an int8 one; one that runs in float already lacks a float operand.
  const bool quantise = dtype == DType::kInt8 && tensor.dtype == DType::kFloat32;
  return Unsupported(Describe(tensor) + ", supported is " + DTypeName(dtype) +
                     (quantise ? " (quantise the network first)" : ""));
}

Status NodeView::Int8(const Tensor& tensor) const {
  COVEY_TRY(Type(tensor, DType::kInt8));
  return OneScale(tensor, -128, 127);
}

Status NodeView::Uint8(const Tensor& tensor) const {
  COVEY_TRY(Type(tensor, DType::kUint8));
  return OneScale(tensor, 0, 255);
}

Status NodeView::Quantised(const Tensor& tensor) const {
  if (tensor.dtype == DType::kInt16) return OneScale(tensor, 0, 0);
  return Int8(tensor);
}

Status NodeView::SameQuantised(const Tensor& a, const Tensor& b) const {
  COVEY_TRY(Quantised(a));
  COVEY_TRY(Quantised(b));
  return Type(b, a.dtype);
}

Status NodeView::SameNumbers(const Tensor& a, const Tensor& b) const {
  if (a.dtype != DType::kFloat32) return SameQuantised(a, b);
  return Type(b, DType::kFloat32);
}

Status NodeView::OneScale(const Tensor& tensor, int32_t least_zero, int32_t most_zero) const {
  if (tensor.quant.scales.size() != 1) {
    return Unsupported(Describe(tensor) + " has " + std::to_string(tensor.quant.scales.size()) +
                       " scales, supported is one");
  }
  if (ZeroOf(tensor) < least_zero || ZeroOf(tensor) > most_zero) {
    return Unsupported(Describe(tensor) + " has zero point " + std::to_string(ZeroOf(tensor)) +
                       ", supported is " + std::to_string(least_zero) + " to " +
                       std::to_string(most_zero));
  }
  return OkStatus();
}

Status NodeView::Rank(const Tensor& tensor, size_t rank) const {
  if (tensor.dims.size() == rank) return OkStatus();
  return Unsupported(Describe(tensor) + " has " + std::to_string(tensor.dims.size()) +
                     " dimensions, supported is " + std::to_string(rank));
}

Status NodeView::Constant(const Tensor& tensor) const {
  if (tensor.constant()) return OkStatus();
  return Unsupported(Describe(tensor) + " is computed at run time, supported is a constant");
}

Status NodeView::SameElements(const Tensor& a, const Tensor& b) const {
  if (a.elements() == b.elements()) return OkStatus();
  return Bad(Describe(a) + " and " + Describe(b) + " have different numbers of elements");
}

Status NodeView::Broadcasts(const Tensor& from, const Tensor& to) const {
  bool fits = from.dims.size() <= to.dims.size();
  for (size_t i = 0; fits && i < from.dims.size(); ++i) {
    const int32_t have = from.dims[from.dims.size() - 1 - i];
    fits = have == 1 || have == to.dims[to.dims.size() - 1 - i];
  }
  if (fits) return OkStatus();
  return Bad(Describe(from) + " does not broadcast to " + TypeAndShape(to));
}

Status NodeView::SameQuant(const Tensor& a, const Tensor& b) const {
  COVEY_TRY(Type(b, a.dtype));
  if (a.quant.scales == b.quant.scales && a.quant.zero_points == b.quant.zero_points) {
    return OkStatus();
  }
  return Unsupported(Describe(a) + " and " + Describe(b) +
                     " have different scales or zero points, supported is one for both");
}

namespace {

ActivationRange FloatRangeOf(Activation activation) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  float least = -kInfinity, most = kInfinity;
  if (activation == Activation::kRelu || activation == Activation::kRelu6) least = 0;
  if (activation == Activation::kRelu6) most = 6;
  if (activation == Activation::kReluN1To1) least = -1, most = 1;
  return {BitsOf(least), BitsOf(most)};
}

}  // namespace

ActivationRange RangeOf(Activation activation, const Tensor& output) {
  if (output.dtype == DType::kFloat32) return FloatRangeOf(activation);
  ActivationRange range;
  if (output.dtype == DType::kInt16) range = {-32768, 32767};
  const int32_t zero = ZeroOf(output);
  const auto quantise = [&](float x) {
    // Single precision, halves away from zero, as the reference does it.
    const float q = std::round(x / ScaleOf(output));
    return zero + static_cast<int32_t>(std::clamp(q, -1e6F, 1e6F));
  };
  if (activation == Activation::kRelu || activation == Activation::kRelu6) {
    range.min = std::max(range.min, zero);
  }
  if (activation == Activation::kRelu6) range.max = std::min(range.max, quantise(6.0F));
  if (activation == Activation::kReluN1To1) {
    range.min = std::max(range.min, quantise(-1.0F));
    range.max = std::min(range.max, quantise(1.0F));
  }
  return range;
}

}  // namespace covey::compiler
