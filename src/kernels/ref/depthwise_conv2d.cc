#include "kernels/ref/channel.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::ref {
namespace {

struct Shape {
  int32_t width, channels;                // of the input (N,H,W,I)
  int32_t filter_width, filter_channels;  // of the filter (1,KH,KW,O)
  int32_t dilation_h, dilation_w;
  int32_t input_offset;
};

// One output channel's sum. `in` is the picture's first pixel at the input channel, `filter` the
// first tap at the output channel.
int32_t Sum(const Shape& s, const int8_t* in, const int8_t* filter, Taps rows, Taps columns) {
  int32_t sum = 0;
  for (int32_t ky = rows.begin; ky < rows.end; ++ky) {
    const int32_t y = rows.origin + ky * s.dilation_h;
    const int32_t x = columns.origin + columns.begin * s.dilation_w;
    const int8_t* pixel = in + (y * s.width + x) * s.channels;
    const int8_t* weight = filter + (ky * s.filter_width + columns.begin) * s.filter_channels;
    for (int32_t count = columns.count(); count > 0; --count) {
      sum += (*pixel + s.input_offset) * *weight;
      pixel += s.dilation_w * s.channels;
      weight += s.filter_channels;
    }
  }
  return sum;
}

}  // namespace

void RunDepthwiseConv2D(const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  const Shape shape{in[2],           in[3],           filter[2],        filter[3],
                    attr.dilation_h, attr.dilation_w, attr.input_offset};
  const ChannelOutput output(op, filter[3]);
  const int8_t* weights = op.input[1].as<int8_t>();

  int8_t* result = op.output[0].as_mutable<int8_t>();
  for (int32_t n = 0; n < out[0]; ++n) {
    const int8_t* picture = op.input[0].as<int8_t>() + n * in[1] * in[2] * in[3];
    for (int32_t y = 0; y < out[1]; ++y) {
      const Taps rows = Clip(y * attr.stride_h - attr.pad_top, filter[1], attr.dilation_h, in[1]);
      for (int32_t x = 0; x < out[2]; ++x) {
        const Taps columns =
            Clip(x * attr.stride_w - attr.pad_left, filter[2], attr.dilation_w, in[2]);
        for (int32_t c = 0, o = 0; c < in[3]; ++c)
          for (int32_t m = 0; m < attr.depth_multiplier; ++m, ++o)
            *result++ = output(Sum(shape, picture + c, weights + o, rows, columns), o);
      }
    }
  }
}

}  // namespace covey::kernels::ref
