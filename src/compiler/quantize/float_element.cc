// Float forms of the ops without weights.
#include <algorithm>
#include <cmath>

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

// Calls body(flat index, indices) for every index of dims in order.
template <typename Body>
void ForIndices(const Dims& dims, Body body) {
  std::vector<size_t> index(dims.size());
  size_t count = 1;
  for (int32_t dim : dims) count *= static_cast<size_t>(dim);
  for (size_t flat = 0; flat < count; ++flat) {
    body(flat, index);
    for (size_t d = dims.size(); d-- > 0;) {
      if (++index[d] < static_cast<size_t>(dims[d])) break;
      index[d] = 0;
    }
  }
}

size_t Offset(const std::vector<size_t>& index, const std::vector<size_t>& steps) {
  size_t at = 0;
  for (size_t d = 0; d < index.size(); ++d) at += index[d] * steps[d];
  return at;
}

std::vector<size_t> StepsOf(const Dims& dims) {
  std::vector<size_t> steps(dims.size());
  size_t step = 1;
  for (size_t d = dims.size(); d-- > 0;) {
    steps[d] = step;
    step *= static_cast<size_t>(dims[d]);
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
      out[0][flat] = Activate(activation, f(in[0][Offset(index, a)], in[1][Offset(index, b)]));
    });
  };
}

}  // namespace

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
  const float count = static_cast<float>(view.in(0).elements() / view.out().elements());
  return [=](std::span<const float* const> in, std::span<float* const> out) {
    std::fill(out[0], out[0] + outputs, 0.0F);
    ForIndices(dims, [&](size_t flat, const std::vector<size_t>& index) {
      out[0][Offset(index, steps)] += in[0][flat];
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
  const Dims dims = view.in(0).dims;
  const auto steps = StepsOf(view.out().dims);
  const auto count = view.out().elements();
  size_t start = 0;
  for (size_t d = 0; d < dims.size(); ++d) start += static_cast<size_t>(attr.before[d]) * steps[d];
  return [=](std::span<const float* const> in, std::span<float* const> out) {
    std::fill(out[0], out[0] + count, 0.0F);
    ForIndices(dims, [&](size_t flat, const std::vector<size_t>& index) {
      out[0][start + Offset(index, steps)] = in[0][flat];
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
      out[0][flat] = in[0][Offset(index, steps)];
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
    default:
      return nullptr;
  }
}

}  // namespace covey::compiler
