#include "kernels/ref/channel.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::ref {
namespace {

// in (N,H,W,C)  filter (O,KH,KW,I), I = C / groups
struct Shape {
  int32_t width, channels;                // of the input
  int32_t filter_width, filter_channels;  // KW, I
  int32_t dilation_h, dilation_w;
  int32_t input_offset;
};

// One output value's sum: the taps in `rows` and `columns` of one filter, over the channels of its
// group. `in` is the picture's first pixel, at the group's first channel.
int32_t Sum(const Shape& s, const int8_t* in, const int8_t* filter, Taps rows, Taps columns) {
  // Neighbouring taps are neighbours in memory too, unless dilation or groups part them: then one
  // dot product covers a row of the window.
  const bool joined = s.dilation_w == 1 && s.filter_channels == s.channels;
  const int32_t dots = joined ? (columns.count() > 0 ? 1 : 0) : columns.count();
  const int32_t length = joined ? columns.count() * s.filter_channels : s.filter_channels;
  int32_t sum = 0;
  for (int32_t ky = rows.begin; ky < rows.end; ++ky) {
    const int32_t y = rows.origin + ky * s.dilation_h;
    const int32_t x = columns.origin + columns.begin * s.dilation_w;
    const int8_t* pixels = in + (y * s.width + x) * s.channels;
    const int8_t* weights = filter + (ky * s.filter_width + columns.begin) * s.filter_channels;
    for (int32_t dot = 0; dot < dots; ++dot) {
      sum += Dot(pixels, weights, length, s.input_offset);
      pixels += s.dilation_w * s.channels;
      weights += s.filter_channels;
    }
  }
  return sum;
}

}  // namespace

void RunConv2D(const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  const Shape shape{in[2],           in[3],           filter[2],        filter[3],
                    attr.dilation_h, attr.dilation_w, attr.input_offset};
  const ChannelOutput output(op, filter[0]);
  const int32_t group_outputs = filter[0] / attr.groups;
  const int32_t filter_size = filter[1] * filter[2] * filter[3];

  int8_t* result = op.output[0].as_mutable<int8_t>();
  for (int32_t n = 0; n < out[0]; ++n) {
    const int8_t* picture = op.input[0].as<int8_t>() + n * in[1] * in[2] * in[3];
    for (int32_t y = 0; y < out[1]; ++y) {
      const Taps rows = Clip(y * attr.stride_h - attr.pad_top, filter[1], attr.dilation_h, in[1]);
      for (int32_t x = 0; x < out[2]; ++x) {
        const Taps columns =
            Clip(x * attr.stride_w - attr.pad_left, filter[2], attr.dilation_w, in[2]);
        const int8_t* weights = op.input[1].as<int8_t>();
        for (int32_t group = 0, o = 0; group < attr.groups; ++group)
          for (int32_t i = 0; i < group_outputs; ++i, ++o, weights += filter_size) {
            const int32_t sum = Sum(shape, picture + group * filter[3], weights, rows, columns);
            *result++ = output(sum, o);
          }
      }
    }
  }
}

}  // namespace covey::kernels::ref
