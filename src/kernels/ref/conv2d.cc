#include "kernels/facts.hpp"
#include "kernels/listed_weights.hpp"
#include "kernels/ref/channel.hpp"
#include "kernels/ref/look.hpp"
#include "kernels/ref/narrow.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::ref {
namespace {

// One output value's sum. `in` is the picture at the group's first channel, `filter` the filter of
// one output channel.
template <typename T>
typename Arithmetic<T>::Sum Sum(const View& view, const T* in, const WeightOf<T>* filter,
                                int32_t input_offset) {
  const T* pixel_row = in + view.first_pixel;
  const WeightOf<T>* weight_row = filter + view.first_weight;
  typename Arithmetic<T>::Sum sum = 0;
  for (int32_t row = view.rows; row > 0; --row) {
    const T* pixels = pixel_row;
    const WeightOf<T>* weights = weight_row;
    for (int32_t dot = view.dots; dot > 0; --dot) {
      sum = Dot(sum, pixels, weights, view.length, input_offset);
      pixels += view.pixel_dot;
      weights += view.weight_dot;
    }
    pixel_row += view.pixel_row;
    weight_row += view.weight_row;
  }
  return sum;
}

// All channels of one output pixel.
template <typename T>
T* Pixel(const OpView& op, const typename Arithmetic<T>::Output& output, const View& view,
         const T* picture, T* result) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto filter = op.input[1].dims;
  const int32_t filter_size = filter[1] * filter[2] * filter[3];
  const int32_t group_outputs = filter[0] / attr.groups;
  const auto* weights = op.input[1].as<WeightOf<T>>();
  int32_t channel = 0;
  for (int32_t group = 0; group < attr.groups; ++group, picture += filter[3])
    for (int32_t i = 0; i < group_outputs; ++i, ++channel, weights += filter_size)
      *result++ = output(Sum(view, picture, weights, attr.input_offset), channel);
  return result;
}

// The same where lists stand for the weights: two channels' at a time are made in scratch.
[[gnu::cold]] int8_t* ListedPixel(const OpView& op, const Arithmetic<int8_t>::Output& output,
                                  const View& view, const int8_t* picture, int8_t* result) {
  const int32_t offset = op.attr_as<ConvAttr>().input_offset;
  const auto filter = op.input[1].dims;
  const int32_t window = filter[1] * filter[2] * filter[3];
  for (int32_t pair = 0; pair < WinogradPairs(filter[0]); ++pair) {
    const int8_t* const weights = ListedWeights(op, pair);
    const int32_t first = WinogradFirst(pair, filter[0]);
    for (int32_t o = 0; o < 2; ++o)
      result[first + o] = output(Sum(view, picture, weights + o * window, offset), first + o);
  }
  return result + filter[0];
}

template <typename T>
void Conv2D(const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  const typename Arithmetic<T>::Output output(op, filter[0]);
  T* result = op.output[0].as_mutable<T>();
  for (int32_t n = 0; n < out[0]; ++n) {
    const T* picture = op.input[0].as<T>() + n * in[1] * in[2] * in[3];
    for (int32_t y = 0; y < out[1]; ++y) {
      const Taps rows = Clip(y * attr.stride_h - attr.pad_top, filter[1], attr.dilation_h, in[1]);
      for (int32_t x = 0; x < out[2]; ++x) {
        const Taps columns =
            Clip(x * attr.stride_w - attr.pad_left, filter[2], attr.dilation_w, in[2]);
        const View view = Look(attr, in, filter, rows, columns);
        if constexpr (std::is_same_v<T, int8_t>) {
          if (kSomeListed && HasListsOnly(op)) {
            result = ListedPixel(op, output, view, picture, result);
            continue;
          }
        }
        result = Pixel(op, output, view, picture, result);
      }
    }
  }
}

}  // namespace

void RunConv2D(const OpView& op) {
  if (IsFloat(op.input[0])) return Conv2D<float>(op);
  if (op.input[0].dtype == DType::kInt16) return Conv2D<int16_t>(op);
  if (kSomeNarrow && op.input[1].dtype == DType::kInt4) return RunNarrowConv2D(op);
  Conv2D<int8_t>(op);
}

}  // namespace covey::kernels::ref
