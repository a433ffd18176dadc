#include "kernels/ref/channel.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::ref {
namespace {

constexpr int32_t kBlock = 32;  // channels at a time, so that their sums fit on the stack

// sums[c] += (x[c] + x_offset) * w[c * w_step]
template <typename Sum, typename T, typename Weight>
void AddTap(Sum* sums, const T* x, const Weight* w, int32_t count, Sum x_offset, int32_t w_step) {
#pragma GCC unroll 4
  for (int32_t c = 0; c < count; ++c, w += w_step) sums[c] += (x[c] + x_offset) * *w;
}

// Where one output pixel's taps lie.
template <typename T>
struct View {
  Taps rows, columns;
  const T* picture;
};

// The sums of `count` input channels from `first` on, with filter `m` of each channel's
// depth_multiplier filters. in (N,H,W,I)  filter (1,KH,KW,O), O = I * depth_multiplier
template <typename T>
void Sum(const OpView& op, const View<T>& view, int32_t first, int32_t count, int32_t m,
         typename Arithmetic<T>::Sum* sums) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims;
  const auto* weights = op.input[1].as<WeightOf<T>>() + first * attr.depth_multiplier + m;
  for (int32_t c = 0; c < count; ++c) sums[c] = 0;
  for (int32_t ky = view.rows.begin; ky < view.rows.end; ++ky)
    for (int32_t kx = view.columns.begin; kx < view.columns.end; ++kx) {
      const int32_t y = view.rows.origin + ky * attr.dilation_h;
      const int32_t x = view.columns.origin + kx * attr.dilation_w;
      AddTap(sums, view.picture + (y * in[2] + x) * in[3] + first,
             weights + (ky * filter[2] + kx) * filter[3], count,
             static_cast<typename Arithmetic<T>::Sum>(attr.input_offset), attr.depth_multiplier);
    }
}

// All channels of one output pixel.
template <typename T>
void Pixel(const OpView& op, const typename Arithmetic<T>::Output& output, const View<T>& view,
           T* result) {
  const int32_t channels = op.input[0].dims[3];
  const int32_t multiplier = op.attr_as<ConvAttr>().depth_multiplier;
  typename Arithmetic<T>::Sum sums[kBlock];
  for (int32_t first = 0; first < channels; first += kBlock) {
    const int32_t count = channels - first < kBlock ? channels - first : kBlock;
    for (int32_t m = 0; m < multiplier; ++m) {
      Sum(op, view, first, count, m, sums);
      for (int32_t c = 0; c < count; ++c) {
        const int32_t channel = (first + c) * multiplier + m;
        result[channel] = output(sums[c], channel);
      }
    }
  }
}

template <typename T>
void DepthwiseConv2D(const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  const typename Arithmetic<T>::Output output(op, filter[3]);
  T* result = op.output[0].as_mutable<T>();
  for (int32_t n = 0; n < out[0]; ++n) {
    const T* picture = op.input[0].as<T>() + n * in[1] * in[2] * in[3];
    for (int32_t y = 0; y < out[1]; ++y) {
      const Taps rows = Clip(y * attr.stride_h - attr.pad_top, filter[1], attr.dilation_h, in[1]);
      for (int32_t x = 0; x < out[2]; ++x, result += out[3]) {
        const Taps columns =
            Clip(x * attr.stride_w - attr.pad_left, filter[2], attr.dilation_w, in[2]);
        Pixel<T>(op, output, {rows, columns, picture}, result);
      }
    }
  }
}

}  // namespace

void RunDepthwiseConv2D(const OpView& op) {
  if (IsFloat(op.input[0])) return DepthwiseConv2D<float>(op);
  if (op.input[0].dtype == DType::kInt16) return DepthwiseConv2D<int16_t>(op);
  DepthwiseConv2D<int8_t>(op);
}

}  // namespace covey::kernels::ref
