#include "kernels/ref/channel.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

// The input position that tap k of output position `at` comes from; -1 if none.
int32_t Source(int32_t at, int32_t pad, int32_t k, int32_t dilation, int32_t stride, int32_t size) {
  const int32_t spread = at + pad - k * dilation;  // in the input with zeros between its pixels
  if (spread < 0 || spread % stride != 0) return -1;
  return spread / stride < size ? spread / stride : -1;
}

struct Place {
  int32_t y, x;
};

// One output value. `in` is the picture at the group's first channel, `weights` the filter of one
// output channel.
template <typename T>
typename Arithmetic<T>::Sum Sum(const OpView& op, const T* in, const WeightOf<T>* weights,
                                Place at) {
  const auto& attr = op.attr_as<ConvAttr>();
  const auto size = op.input[0].dims, filter = op.input[1].dims;
  typename Arithmetic<T>::Sum sum = 0;
  for (int32_t ky = 0; ky < filter[1]; ++ky) {
    const int32_t y = Source(at.y, attr.pad_top, ky, attr.dilation_h, attr.stride_h, size[1]);
    if (y < 0) continue;
    for (int32_t kx = 0; kx < filter[2]; ++kx) {
      const int32_t x = Source(at.x, attr.pad_left, kx, attr.dilation_w, attr.stride_w, size[2]);
      if (x < 0) continue;
      sum = Dot(sum, in + (y * size[2] + x) * size[3], weights + (ky * filter[2] + kx) * filter[3],
                filter[3], attr.input_offset);
    }
  }
  return sum;
}

template <typename T>
void TransposeConv(const OpView& op) {
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  const typename Arithmetic<T>::Output output(op, filter[0]);
  const int32_t group_outputs = filter[0] / op.attr_as<ConvAttr>().groups;
  const int32_t filter_size = filter[1] * filter[2] * filter[3];
  T* result = op.output[0].as_mutable<T>();
  for (int32_t n = 0; n < out[0]; ++n) {
    const T* picture = op.input[0].as<T>() + n * in[1] * in[2] * in[3];
    for (int32_t y = 0; y < out[1]; ++y)
      for (int32_t x = 0; x < out[2]; ++x)
        for (int32_t o = 0; o < filter[0]; ++o)
          *result++ = output(Sum(op, picture + o / group_outputs * filter[3],
                                 op.input[1].as<WeightOf<T>>() + o * filter_size, {y, x}),
                             o);
  }
}

}  // namespace

void RunTransposeConv(const OpView& op) {
  if (IsFloat(op.input[0])) return TransposeConv<float>(op);
  if (op.input[0].dtype == DType::kInt16) return TransposeConv<int16_t>(op);
  TransposeConv<int8_t>(op);
}

}  // namespace covey::kernels::ref
