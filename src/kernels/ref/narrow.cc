#include "kernels/ref/narrow.hpp"

#include "kernels/nibbles.hpp"
#include "kernels/ref/channel.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::ref {
namespace {

// Cold: small rather than fast, since targets have loops of their own.

struct NarrowWindow {
  const int8_t* picture;  // at the group's first channel
  Taps rows, columns;
};

[[gnu::cold]] int32_t NarrowSum(const OpView& op, const NarrowWindow& window, const uint8_t* row) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims;
  int32_t sum = 0;
  for (int32_t ky = window.rows.begin; ky < window.rows.end; ++ky)
    for (int32_t kx = window.columns.begin; kx < window.columns.end; ++kx) {
      const int32_t y = window.rows.origin + ky * attr.dilation_h;
      const int32_t x = window.columns.origin + kx * attr.dilation_w;
      const int8_t* const pixel = window.picture + (y * in[2] + x) * in[3];
      const int32_t first = (ky * filter[2] + kx) * filter[3];
      for (int32_t c = 0; c < filter[3]; ++c)
        sum += (pixel[c] + attr.input_offset) * Nibble(row, first + c);
    }
  return sum;
}

}  // namespace

[[gnu::cold]] void RunNarrowConv2D(const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  const ChannelOutput output(op, filter[0]);
  const int32_t group_outputs = filter[0] / attr.groups;
  int8_t* result = op.output[0].as_mutable<int8_t>();
  for (int32_t n = 0; n < out[0]; ++n)
    for (int32_t y = 0; y < out[1]; ++y)
      for (int32_t x = 0; x < out[2]; ++x)
        for (int32_t o = 0; o < filter[0]; ++o) {
          const NarrowWindow window{
              op.input[0].as<int8_t>() + n * in[1] * in[2] * in[3] + o / group_outputs * filter[3],
              Clip(y * attr.stride_h - attr.pad_top, filter[1], attr.dilation_h, in[1]),
              Clip(x * attr.stride_w - attr.pad_left, filter[2], attr.dilation_w, in[2])};
          *result++ = output(NarrowSum(op, window, RowOf(op.input[1], o)), o);
        }
}

[[gnu::cold]] void RunNarrowFullyConnected(const OpView& op) {
  const int32_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  const int32_t offset = op.attr_as<ConvAttr>().input_offset;
  const ChannelOutput output(op, outputs);
  const int8_t* in = op.input[0].as<int8_t>();
  int8_t* result = op.output[0].as_mutable<int8_t>();
  for (auto n = op.input[0].elements() / inputs; n > 0; --n, in += inputs)
    for (int32_t o = 0; o < outputs; ++o) {
      const uint8_t* const row = RowOf(op.input[1], o);
      int32_t sum = 0;
      for (int32_t i = 0; i < inputs; ++i) sum += (in[i] + offset) * Nibble(row, i);
      *result++ = output(sum, o);
    }
}

}  // namespace covey::kernels::ref
