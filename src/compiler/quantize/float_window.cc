// Float forms of the ops with weights or a window.
#include <algorithm>
#include <limits>

#include "compiler/quantize/constants.hpp"
#include "compiler/quantize/float_op.hpp"

namespace covey::compiler {
namespace {

struct Picture {
  explicit Picture(const std::vector<int32_t>& dims)
      : n(dims[0]), h(dims[1]), w(dims[2]), c(dims[3]) {}
  size_t at(int b, int y, int x) const {
    return ((static_cast<size_t>(b) * static_cast<size_t>(h) + static_cast<size_t>(y)) *
                static_cast<size_t>(w) +
            static_cast<size_t>(x)) *
           static_cast<size_t>(c);
  }
  int n, h, w, c;
};

std::vector<float> BiasNumbers(const FloatNodeView& view, size_t channels) {
  std::vector<float> bias(channels);
  if (view.node.inputs.size() > 2 && view.node.inputs[2] != kNoTensor) bias = NumbersOf(view.in(2));
  bias.resize(channels);
  return bias;
}

// Calls tap(weight position, picture offset) for each tap of the window inside the picture.
template <typename Tap>
void ForTaps(const ConvAttr& a, const Picture& in, int kh, int kw, int b, int y, int x, Tap tap) {
  for (int i = 0; i < kh; ++i) {
    const int row = y * a.stride_h - a.pad_top + i * a.dilation_h;
    if (row < 0 || row >= in.h) continue;
    for (int j = 0; j < kw; ++j) {
      const int column = x * a.stride_w - a.pad_left + j * a.dilation_w;
      if (column >= 0 && column < in.w) tap(static_cast<size_t>(i * kw + j), in.at(b, row, column));
    }
  }
}

template <typename Pixel>
void ForPixels(const Picture& out, Pixel pixel) {
  for (int b = 0; b < out.n; ++b) {
    for (int y = 0; y < out.h; ++y) {
      for (int x = 0; x < out.w; ++x) pixel(b, y, x);
    }
  }
}

// (O, H, W, I) to (H, W, I, O): the innermost loop then runs over outputs, side by side.
std::vector<float> OutputsLast(const std::vector<float>& from, size_t outputs) {
  std::vector<float> to(from.size());
  const size_t depth = from.size() / std::max<size_t>(outputs, 1);
  for (size_t o = 0; o < outputs; ++o) {
    for (size_t i = 0; i < depth; ++i) to[i * outputs + o] = from[o * depth + i];
  }
  return to;
}

void AddScaled(float x, const float* weights, size_t count, float* sums) {
  for (size_t o = 0; o < count; ++o) sums[o] += x * weights[o];
}

}  // namespace

float Activate(Activation activation, float x) {
  switch (activation) {
    case Activation::kRelu:
      return std::max(x, 0.0F);
    case Activation::kRelu6:
      return std::clamp(x, 0.0F, 6.0F);
    case Activation::kReluN1To1:
      return std::clamp(x, -1.0F, 1.0F);
    case Activation::kNone:
      break;
  }
  return x;
}

FloatRun MakeFloatConv(const FloatNodeView& view) {
  const auto attr = view.lowered.As<ConvAttr>();
  const Picture in(view.in(0).dims), out(view.out().dims), filter(view.in(1).dims);
  const auto outputs = static_cast<size_t>(out.c);
  const auto depth = static_cast<size_t>(filter.c);
  const size_t group_outputs = outputs / static_cast<size_t>(attr.groups);
  return [=, weights = OutputsLast(NumbersOf(view.in(1)), outputs),
          bias = BiasNumbers(view, outputs), activation = view.node.activation](
             std::span<const float* const> inputs, std::span<float* const> results) {
    float* to = results[0];
    ForPixels(out, [&](int b, int y, int x) {
      std::copy(bias.begin(), bias.end(), to);
      ForTaps(attr, in, filter.h, filter.w, b, y, x, [&](size_t tap, size_t at) {
        for (size_t g = 0; g < static_cast<size_t>(attr.groups); ++g) {
          for (size_t i = 0; i < depth; ++i) {
            AddScaled(inputs[0][at + g * depth + i],
                      &weights[(tap * depth + i) * outputs + g * group_outputs], group_outputs,
                      to + g * group_outputs);
          }
        }
      });
      for (size_t o = 0; o < outputs; ++o) to[o] = Activate(activation, to[o]);
      to += outputs;
    });
  };
}

FloatRun MakeFloatDepthwise(const FloatNodeView& view) {
  const auto attr = view.lowered.As<ConvAttr>();
  const Picture in(view.in(0).dims), out(view.out().dims), filter(view.in(1).dims);
  const auto outputs = static_cast<size_t>(out.c);
  const auto multiplier = static_cast<size_t>(attr.depth_multiplier);
  return [=, weights = NumbersOf(view.in(1)), bias = BiasNumbers(view, outputs),
          activation = view.node.activation](std::span<const float* const> inputs,
                                             std::span<float* const> results) {
    float* to = results[0];
    ForPixels(out, [&](int b, int y, int x) {
      std::copy(bias.begin(), bias.end(), to);
      ForTaps(attr, in, filter.h, filter.w, b, y, x, [&](size_t tap, size_t at) {
        const float* w = &weights[tap * outputs];
        if (multiplier == 1) {
          for (size_t o = 0; o < outputs; ++o) to[o] += inputs[0][at + o] * w[o];
        } else {
          for (size_t o = 0; o < outputs; ++o) to[o] += inputs[0][at + o / multiplier] * w[o];
        }
      });
      for (size_t o = 0; o < outputs; ++o) to[o] = Activate(activation, to[o]);
      to += outputs;
    });
  };
}

FloatRun MakeFloatFullyConnected(const FloatNodeView& view) {
  const auto outputs = static_cast<size_t>(view.in(1).dims[0]);
  const auto depth = static_cast<size_t>(view.in(1).dims[1]);
  const size_t rows = static_cast<size_t>(view.out().elements()) / outputs;
  return [=, weights = OutputsLast(NumbersOf(view.in(1)), outputs),
          bias = BiasNumbers(view, outputs), activation = view.node.activation](
             std::span<const float* const> inputs, std::span<float* const> results) {
    for (size_t r = 0; r < rows; ++r) {
      float* to = results[0] + r * outputs;
      std::copy(bias.begin(), bias.end(), to);
      for (size_t i = 0; i < depth; ++i) {
        AddScaled(inputs[0][r * depth + i], &weights[i * outputs], outputs, to);
      }
      for (size_t o = 0; o < outputs; ++o) to[o] = Activate(activation, to[o]);
    }
  };
}

FloatRun MakeFloatPool(const FloatNodeView& view) {
  const auto pool = view.lowered.As<PoolAttr>();
  const Picture in(view.in(0).dims), out(view.out().dims);
  ConvAttr attr;
  attr.stride_h = pool.stride_h;
  attr.stride_w = pool.stride_w;
  attr.pad_top = pool.pad_top;
  attr.pad_left = pool.pad_left;
  const bool average = view.node.op == Op::kAveragePool2D;
  const auto channels = static_cast<size_t>(out.c);
  return [=, activation = view.node.activation](std::span<const float* const> inputs,
                                                std::span<float* const> results) {
    float* to = results[0];
    ForPixels(out, [&](int b, int y, int x) {
      std::fill(to, to + channels, average ? 0.0F : std::numeric_limits<float>::lowest());
      int count = 0;
      ForTaps(attr, in, pool.window_h, pool.window_w, b, y, x, [&](size_t, size_t at) {
        ++count;
        for (size_t c = 0; c < channels; ++c) {
          to[c] = average ? to[c] + inputs[0][at + c] : std::max(to[c], inputs[0][at + c]);
        }
      });
      for (size_t c = 0; c < channels; ++c) {
        if (average && count > 0) to[c] /= static_cast<float>(count);
        to[c] = Activate(activation, to[c]);
      }
      to += channels;
    });
  };
}

}  // namespace covey::compiler
