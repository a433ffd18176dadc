// Float forms of the ops without weights.
#include <algorithm>
#include <cmath>

#include "compiler/lower/unary.hpp"
#include "compiler/quantize/float_op.hpp"

namespace covey::compiler {
namespace {

using Dims = std::vector<int32_t>;

// Row-major steps of `from` as its indices run through `to`, dimension by dimension from the last;
// 0 where it is broadcast.
std::vector<size_t> BroadcastSteps(const Dims& from, const Dims& to) {
  std::vector<size_t> steps(to.size());
  size_t step = 1;
  for (size_t i = 0; i < from.size(); ++i) {
    const auto dim = static_cast<size_t>(from[from.size() - 1 - i]);
    steps[to.size() - 1 - i] = dim == 1 ? 0 : step;
    step *= dim;
  }
  return steps;
}

// z = f(x, y), either broadcast.
template <typename F>
FloatRun Elementwise(const FloatNodeView& view, F f) {
  const Dims dims = view.out().dims;
  const auto a = BroadcastSteps(view.in(0).dims, dims);
  const auto b = BroadcastSteps(view.in(1).dims, dims);
  return [=, activation = view.node.activation](std::span<const float* const> in,
                                                std::span<float* const> out) {
    ForIndices(dims, [&](size_t flat, const std::vector<size_t>& index) {
      out[0][flat] = Activate(activation, f(in[0][OffsetOf(index, a)], in[1][OffsetOf(index, b)]));
    });
  };
}

}  // namespace

size_t OffsetOf(const std::vector<size_t>& index, const std::vector<size_t>& steps) {
  size_t at = 0;
  for (size_t d = 0; d < index.size(); ++d) at += index[d] * steps[d];
  return at;
}

std::vector<size_t> StepsOf(const std::vector<int32_t>& dims) {
  std::vector<size_t> steps(dims.size());
  size_t step = 1;
  for (size_t d = dims.size(); d-- > 0;) {
    steps[d] = step;
    step *= static_cast<size_t>(dims[d]);
  }
  return steps;
}

FloatRun MakeFloatPair(const FloatNodeView& view) {
  switch (view.node.op) {
    case Op::kMul:
      return Elementwise(view, [](float x, float y) { return x * y; });
    case Op::kSub:
      return Elementwise(view, [](float x, float y) { return x - y; });
    case Op::kPrelu:
      return Elementwise(view, [](float x, float slope) { return x >= 0 ? x : x * slope; });
    case Op::kMaximum:
      return Elementwise(view, [](float x, float y) { return std::max(x, y); });
    default:
      return Elementwise(view, [](float x, float y) { return std::min(x, y); });
  }
}

FloatRun MakeFloatUnary(const FloatNodeView& view) {
  const auto* unary = std::get_if<Unary>(&view.node.attributes);
  if (unary == nullptr || unary->kind == UnaryKind::kTable) return nullptr;  // int8 only
  return [unary = *unary, count = static_cast<size_t>(view.out().elements()),
          activation = view.node.activation](std::span<const float* const> in,
                                             std::span<float* const> out) {
    for (size_t i = 0; i < count; ++i) {
      out[0][i] = Activate(activation, static_cast<float>(ValueOf(unary, double{in[0][i]})));
    }
  };
}

FloatRun MakeFloatAdd(const FloatNodeView& view) {
  return Elementwise(view, [](float x, float y) { return x + y; });
}

FloatRun MakeFloatMean(const FloatNodeView& view) {
  const auto attr = view.lowered.As<MeanAttr>();
  const Dims dims = view.in(0).dims;
  Dims kept = dims;
  for (size_t d = 0; d < dims.size(); ++d) {
    if ((attr.axes >> d & 1) != 0) kept[d] = 1;
  }
  const auto steps = BroadcastSteps(kept, dims);
  const auto outputs = static_cast<size_t>(view.out().elements());
  const float count =
      attr.sum != 0 ? 1 : static_cast<float>(view.in(0).elements() / view.out().elements());
  return [=](std::span<const float* const> in, std::span<float* const> out) {
    std::fill(out[0], out[0] + outputs, 0.0F);
    ForIndices(dims, [&](size_t flat, const std::vector<size_t>& index) {
      out[0][OffsetOf(index, steps)] += in[0][flat];
    });
    for (size_t o = 0; o < outputs; ++o) out[0][o] /= count;
  };
}

FloatRun MakeFloatSoftmax(const FloatNodeView& view) {
  const auto depth = static_cast<size_t>(view.in(0).dims.empty() ? 1 : view.in(0).dims.back());
  const size_t rows = static_cast<size_t>(view.in(0).elements()) / depth;
  const auto* softmax = std::get_if<SoftmaxBeta>(&view.node.attributes);
  const float beta = softmax != nullptr ? softmax->beta : 1.0F;
  return [=](std::span<const float* const> in, std::span<float* const> out) {
    for (size_t r = 0; r < rows; ++r) {
      const float* from = in[0] + r * depth;
      float* to = out[0] + r * depth;
      const float most = *std::max_element(from, from + depth);
      float sum = 0;
      for (size_t i = 0; i < depth; ++i) sum += to[i] = std::exp(beta * (from[i] - most));
      for (size_t i = 0; i < depth; ++i) to[i] /= sum;
    }
  };
}

FloatRun MakeFloatReshape(const FloatNodeView& view) {
  return [count = view.out().elements()](std::span<const float* const> in,
                                         std::span<float* const> out) {
    std::copy(in[0], in[0] + count, out[0]);
  };
}

FloatRun MakeFloatPad(const FloatNodeView& view) {
  const auto attr = view.lowered.As<PadAttr>();
  const auto* pads = std::get_if<Pads>(&view.node.attributes);
  const float filling = pads != nullptr ? pads->real : 0;
  const Dims dims = view.in(0).dims;
  const auto steps = StepsOf(view.out().dims);
  const auto count = view.out().elements();
  size_t start = 0;
  for (size_t d = 0; d < dims.size(); ++d) start += static_cast<size_t>(attr.before[d]) * steps[d];
  return [=](std::span<const float* const> in, std::span<float* const> out) {
    std::fill(out[0], out[0] + count, filling);
    ForIndices(dims, [&](size_t flat, const std::vector<size_t>& index) {
      out[0][start + OffsetOf(index, steps)] = in[0][flat];
    });
  };
}

FloatRun MakeFloatRelu(const FloatNodeView& view) {
  return [count = static_cast<size_t>(view.out().elements()), activation = view.node.activation](
             std::span<const float* const> in, std::span<float* const> out) {
    for (size_t i = 0; i < count; ++i) out[0][i] = Activate(activation, in[0][i]);
  };
}

FloatRun MakeFloatTranspose(const FloatNodeView& view) {
  const auto attr = view.lowered.As<TransposeAttr>();
  const Dims dims = view.out().dims;
  const auto from = StepsOf(view.in(0).dims);
  std::vector<size_t> steps;
  for (size_t d = 0; d < dims.size(); ++d) {
    steps.push_back(from[static_cast<size_t>(attr.perm[d])]);
  }
  return [=](std::span<const float* const> in, std::span<float* const> out) {
    ForIndices(dims, [&](size_t flat, const std::vector<size_t>& index) {
      out[0][flat] = in[0][OffsetOf(index, steps)];
    });
  };
}

FloatMaker FloatMakerOf(Op op) {
  switch (op) {
    case Op::kConv2D:
      return MakeFloatConv;
    case Op::kDepthwiseConv2D:
      return MakeFloatDepthwise;
    case Op::kFullyConnected:
      return MakeFloatFullyConnected;
    case Op::kAdd:
      return MakeFloatAdd;
    case Op::kAveragePool2D:
    case Op::kMaxPool2D:
      return MakeFloatPool;
    case Op::kMean:
      return MakeFloatMean;
    case Op::kSoftmax:
      return MakeFloatSoftmax;
    case Op::kReshape:
      return MakeFloatReshape;
    case Op::kPad:
      return MakeFloatPad;
    case Op::kRelu:
      return MakeFloatRelu;
    case Op::kTranspose:
      return MakeFloatTranspose;
    case Op::kMul:
    case Op::kSub:
    case Op::kPrelu:
    case Op::kMaximum:
    case Op::kMinimum:
      return MakeFloatPair;
    case Op::kUnary:
      return MakeFloatUnary;
    case Op::kConcat:
      return MakeFloatConcat;
    case Op::kSlice:
    case Op::kMirrorPad:
    case Op::kGather:
    case Op::kResizeNearest:
      return MakeFloatTake;
    case Op::kResizeBilinear:
      return MakeFloatBilinear;
    default:
      return nullptr;
  }
}

}  // namespace covey::compiler
