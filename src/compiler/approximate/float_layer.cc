#include "compiler/approximate/float_layer.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "compiler/approximate/gemm.hpp"

namespace covey::compiler {

FloatLayer::FloatLayer(Layer layer)
    : layer_(std::move(layer)),
      rows_(static_cast<size_t>(layer_.rows)),
      operands_(static_cast<size_t>(layer_.operands)),
      positions_(static_cast<size_t>(layer_.positions)),
      wide_rows_(Widened(rows_)),
      wide_operands_(Widened(operands_)),
      weights_(layer_.weights.begin(), layer_.weights.end()),
      bias_(layer_.bias.begin(), layer_.bias.end()),
      turned_(operands_ * wide_rows_, 0.0F),
      across_(rows_ * wide_operands_, 0.0F) {
  Refresh();
}

void FloatLayer::Refresh() {
  for (size_t r = 0; r < rows_; ++r) {
    const auto step = static_cast<float>(layer_.step[r]);
    for (size_t i = 0; i < operands_; ++i) {
      const float weight = weights_[r * operands_ + i] * step;
      turned_[i * wide_rows_ + r] = across_[r * wide_operands_ + i] = weight;
    }
  }
}

Slopes FloatLayer::NoSlopes() const {
  return {std::vector<float>(operands_ * wide_rows_, 0.0F), std::vector<float>(rows_, 0.0F)};
}

void FloatLayer::Forward(std::span<const std::byte> input, std::vector<float>& x,
                         std::span<std::byte> output) const {
  x.resize(positions_ * operands_);
  for (size_t p = 0; p < positions_; ++p)
    layer_.Window(input, static_cast<int64_t>(p), x.data() + p * operands_);
  std::vector<float> y(positions_ * wide_rows_, 0.0F);
  MultiplyAdd({.a = x.data(), .row = operands_, .step = 1}, turned_.data(), wide_rows_, y.data(),
              wide_rows_, {.m = positions_, .n = wide_rows_, .k = operands_});
  std::vector<float> first(rows_);
  for (size_t r = 0; r < rows_; ++r)
    first[r] = bias_[r] * static_cast<float>(layer_.step[r]) +
               static_cast<float>(layer_.attr.output_offset);
  const auto low = static_cast<float>(layer_.attr.activation_min),
             high = static_cast<float>(layer_.attr.activation_max);
  for (size_t p = 0; p < positions_; ++p)
    for (size_t r = 0; r < rows_; ++r) {
      const float value = std::clamp(y[p * wide_rows_ + r] + first[r], low, high);
      output[p * rows_ + r] = static_cast<std::byte>(static_cast<int>(std::floor(value + 0.5F)));
    }
}

void FloatLayer::Backward(const std::vector<float>& x, std::span<const std::byte> output,
                          std::span<const float> g, Slopes& slopes,
                          std::vector<float>* g_in) const {
  std::vector<float> inside(positions_ * wide_rows_, 0.0F);
  for (size_t p = 0; p < positions_; ++p)
    for (size_t r = 0; r < rows_; ++r) {
      const auto value = static_cast<int8_t>(output[p * rows_ + r]);
      if (value <= layer_.attr.activation_min || value >= layer_.attr.activation_max) continue;
      inside[p * wide_rows_ + r] = g[p * rows_ + r];
      slopes.bias[r] += g[p * rows_ + r];
    }
  MultiplyAdd({.a = x.data(), .row = 1, .step = operands_}, inside.data(), wide_rows_,
              slopes.weights.data(), wide_rows_,
              {.m = operands_, .n = wide_rows_, .k = positions_});
  if (g_in == nullptr) return;
  std::vector<float> windows(positions_ * wide_operands_, 0.0F);
  MultiplyAdd({.a = inside.data(), .row = wide_rows_, .step = 1}, across_.data(), wide_operands_,
              windows.data(), wide_operands_, {.m = positions_, .n = wide_operands_, .k = rows_});
  ToInput(windows, *g_in);
}

void FloatLayer::ToInput(const std::vector<float>& windows, std::vector<float>& g_in) const {
  const Layer& l = layer_;
  const auto channels = static_cast<size_t>(l.channels);
  for (size_t p = 0; p < positions_; ++p) {
    const float* from = windows.data() + p * wide_operands_;
    if (!l.window) {
      float* const to = g_in.data() + p * operands_;
      for (size_t i = 0; i < operands_; ++i) to[i] += from[i];
      continue;
    }
    const auto position = static_cast<int64_t>(p);
    const int64_t column = position % l.out[2], row = position / l.out[2] % l.out[1];
    float* const picture =
        g_in.data() + position / l.out[2] / l.out[1] * l.in[1] * l.in[2] * l.in[3];
    for (int32_t ky = 0; ky < l.window_h; ++ky) {
      const int64_t y = row * l.attr.stride_h - l.attr.pad_top + ky * l.attr.dilation_h;
      for (int32_t kx = 0; kx < l.window_w; ++kx, from += channels) {
        const int64_t at = column * l.attr.stride_w - l.attr.pad_left + kx * l.attr.dilation_w;
        if (y < 0 || y >= l.in[1] || at < 0 || at >= l.in[2]) continue;
        float* const to = picture + (y * l.in[2] + at) * l.channels;
        for (size_t c = 0; c < channels; ++c) to[c] += from[c];
      }
    }
  }
}

}  // namespace covey::compiler
