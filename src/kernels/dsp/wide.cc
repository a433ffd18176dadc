#include "kernels/dsp/wide.hpp"

#include "kernels/dsp/simd.hpp"
#include "kernels/ref/channel.hpp"
#include "kernels/ref/look.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::dsp {
namespace {

constexpr int32_t kMostExact = 508;  // products in one int32, and a multiple of four

uint32_t LoadPair(const int16_t* from) {
  uint32_t pair;
  __builtin_memcpy(&pair, from, sizeof(pair));
  return pair;
}

int32_t FourOf(uint32_t even, uint32_t odd, const int8_t* weights, int32_t sum) {
  const uint32_t word = LoadWord(weights);
  return DualMac(odd, WidenOdd(word), DualMac(even, WidenEven(word), sum));
}

// sums[i] += x * the weights `i * step` further on; at most kMostExact products each.
void AddExact(const int16_t* x, const int8_t* weights, int32_t step, int32_t count, int64_t* sums) {
  const int8_t *a = weights, *b = a + step, *c = b + step, *d = c + step;
  int32_t sum_a = 0, sum_b = 0, sum_c = 0, sum_d = 0;
  for (const int16_t* const end = x + (count & ~3); x != end; x += 4) {
    const uint32_t first = LoadPair(x), second = LoadPair(x + 2);
    const uint32_t even = PackLow(first, second), odd = PackHigh(first, second);
    sum_a = FourOf(even, odd, a, sum_a), a += 4;
    sum_b = FourOf(even, odd, b, sum_b), b += 4;
    sum_c = FourOf(even, odd, c, sum_c), c += 4;
    sum_d = FourOf(even, odd, d, sum_d), d += 4;
  }
  for (int32_t i = 0; i < (count & 3); ++i) {
    sum_a += x[i] * a[i], sum_b += x[i] * b[i];
    sum_c += x[i] * c[i], sum_d += x[i] * d[i];
  }
  sums[0] += sum_a, sums[1] += sum_b, sums[2] += sum_c, sums[3] += sum_d;
}

void AddFour(const int16_t* x, const int8_t* weights, int32_t step, int32_t count, int64_t* sums) {
  while (count > kMostExact) {
    AddExact(x, weights, step, kMostExact, sums);
    x += kMostExact, weights += kMostExact, count -= kMostExact;
  }
  AddExact(x, weights, step, count, sums);
}

// The sums of four output channels over one pixel's view.
void SumFour(const ref::View& view, const int16_t* in, const int8_t* weights, int32_t step,
             int64_t* sums) {
  const int16_t* pixel_row = in + view.first_pixel;
  const int8_t* weight_row = weights + view.first_weight;
  for (int32_t row = view.rows; row > 0; --row) {
    const int16_t* pixels = pixel_row;
    const int8_t* taps = weight_row;
    for (int32_t dot = view.dots; dot > 0; --dot) {
      AddFour(pixels, taps, step, view.length, sums);
      pixels += view.pixel_dot, taps += view.weight_dot;
    }
    pixel_row += view.pixel_row, weight_row += view.weight_row;
  }
}

// All channels of one output pixel. The last four may overlap those before them, with the same
// results.
int16_t* Pixel(const OpView& op, const ref::WideChannelOutput& output, const ref::View& view,
               const int16_t* picture, int16_t* result) {
  const auto filter = op.input[1].dims;
  const int32_t groups = op.attr_as<ConvAttr>().groups, outputs = filter[0] / groups;
  const int32_t filter_size = filter[1] * filter[2] * filter[3];
  const auto* weights = op.input[1].as<int8_t>();
  int32_t channel = 0;
  for (int32_t group = 0; group < groups; ++group, picture += filter[3]) {
    for (int32_t o = 0; o < outputs; o += 4) {
      const int32_t first = o + 4 <= outputs ? o : outputs - 4;
      int64_t sums[4] = {};
      SumFour(view, picture, weights + first * filter_size, filter_size, sums);
      for (int32_t i = 0; i < 4; ++i) {
        result[first + i] = output(sums[i], channel + first + i);
      }
    }
    channel += outputs, result += outputs, weights += outputs * filter_size;
  }
  return result;
}

// Four neighbouring channels of a depthwise window: x0 w0 apart from x1 w1 and so on.
struct FourChannels {
  int32_t sums[4] = {};

  void Add(const int16_t* x, const int8_t* weights) {
    const uint32_t word = LoadWord(weights), even = WidenEven(word), odd = WidenOdd(word);
    const uint32_t first = LoadPair(x), second = LoadPair(x + 2);
    sums[0] = LowMac(first, even, sums[0]);
    sums[1] = HighLowMac(first, odd, sums[1]);
    sums[2] = LowHighMac(second, even, sums[2]);
    sums[3] = HighMac(second, odd, sums[3]);
  }
};

// in (H,W,C)  filter (KH,KW,C)
void DepthwisePixel(const OpView& op, const ref::WideChannelOutput& output, Taps rows, Taps columns,
                    const int16_t* picture, int16_t* result) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims;
  const int32_t channels = in[3], across = attr.dilation_w * channels;
  for (int32_t c = 0; c < channels; c += 4) {
    const int32_t first = c + 4 <= channels ? c : channels - 4;
    FourChannels four;
    for (int32_t ky = rows.begin; ky < rows.end; ++ky) {
      const int32_t y = rows.origin + ky * attr.dilation_h;
      const int32_t x = columns.origin + columns.begin * attr.dilation_w;
      const int16_t* pixel = picture + (y * in[2] + x) * channels + first;
      const int8_t* weights =
          op.input[1].as<int8_t>() + (ky * filter[2] + columns.begin) * channels + first;
      for (int32_t n = columns.count(); n > 0; --n, pixel += across, weights += channels) {
        four.Add(pixel, weights);
      }
    }
    for (int32_t i = 0; i < 4; ++i) result[first + i] = output(four.sums[i], first + i);
  }
}

// Calls `pixel(picture, rows, columns, result)`, which returns where the next result goes.
template <typename EachPixel>
void EachWindow(const OpView& op, EachPixel pixel) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  int16_t* result = op.output[0].as_mutable<int16_t>();
  for (int32_t n = 0; n < out[0]; ++n) {
    const int16_t* picture = op.input[0].as<int16_t>() + n * in[1] * in[2] * in[3];
    for (int32_t y = 0; y < out[1]; ++y) {
      const Taps rows = Clip(y * attr.stride_h - attr.pad_top, filter[1], attr.dilation_h, in[1]);
      for (int32_t x = 0; x < out[2]; ++x) {
        const Taps columns =
            Clip(x * attr.stride_w - attr.pad_left, filter[2], attr.dilation_w, in[2]);
        result = pixel(picture, rows, columns, result);
      }
    }
  }
}

}  // namespace

void RunWideConv2D(const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims;
  if (filter[0] / attr.groups < 4 || attr.input_offset != 0) return ref::RunConv2D(op);
  const ref::WideChannelOutput output(op, filter[0]);
  EachWindow(op, [&](const int16_t* picture, Taps rows, Taps columns, int16_t* result) {
    return Pixel(op, output, ref::Look(attr, in, filter, rows, columns), picture, result);
  });
}

void RunWideFullyConnected(const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  const int32_t outputs = op.input[1].dims[0], inputs = op.input[1].dims[1];
  if (outputs < 4 || attr.input_offset != 0 || attr.weights_offset != 0) {
    return ref::RunFullyConnected(op);
  }
  const auto batch = static_cast<int32_t>(op.input[0].elements() / inputs);
  const ref::WideChannelOutput output(op, outputs);
  const int16_t* in = op.input[0].as<int16_t>();
  int16_t* result = op.output[0].as_mutable<int16_t>();
  for (int32_t n = 0; n < batch; ++n, in += inputs, result += outputs) {
    for (int32_t o = 0; o < outputs; o += 4) {
      const int32_t first = o + 4 <= outputs ? o : outputs - 4;
      int64_t sums[4] = {};
      AddFour(in, op.input[1].as<int8_t>() + first * inputs, inputs, inputs, sums);
      for (int32_t i = 0; i < 4; ++i) result[first + i] = output(sums[i], first + i);
    }
  }
}

void RunWideDepthwiseConv2D(const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims;
  if (attr.depth_multiplier != 1 || in[3] < 4 || attr.input_offset != 0 ||
      filter[1] * filter[2] > kMostExact) {
    return ref::RunDepthwiseConv2D(op);
  }
  const ref::WideChannelOutput output(op, in[3]);
  EachWindow(op, [&](const int16_t* picture, Taps rows, Taps columns, int16_t* result) {
    DepthwisePixel(op, output, rows, columns, picture, result);
    return result + in[3];
  });
}

}  // namespace covey::kernels::dsp
