#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

// Bytes from one entry of a dimension to the next.
struct ByteSteps {
  ptrdiff_t of[kMaxRank] = {};
  explicit ByteSteps(const TensorView& tensor) {
    auto next = static_cast<ptrdiff_t>(DTypeBytes(tensor.dtype));
    for (int d = tensor.rank() - 1; d >= 0; --d) of[d] = next, next *= tensor.dims[d];
  }
};

}  // namespace

// Walks the output in order and the input by its strides.
void RunSlice(const OpView& op) {
  const auto& attr = op.attr_as<SliceAttr>();
  const TensorView& in = op.input[0];
  const auto out = op.output[0].dims;
  const ByteSteps bytes(in);
  const std::byte* source = in.data;
  ptrdiff_t step[kMaxRank] = {};
  for (int d = 0; d < in.rank(); ++d) {
    source += attr.begin[d] * bytes.of[d];
    step[d] = attr.stride[d] * bytes.of[d];
  }
  // Dimensions that are taken without a gap move as one run of bytes.
  int outer = in.rank();
  size_t run = DTypeBytes(in.dtype);
  while (outer > 0 && (outer == in.rank() || out[outer] == in.dims[outer]) &&
         attr.stride[outer - 1] == 1)
    run *= static_cast<size_t>(out[--outer]);

  std::byte* target = op.output[0].data;
  if (target == source) return;  // planned where it lies
  const std::byte* const end = target + op.output[0].bytes;
  int32_t at[kMaxRank] = {};
  while (target != end) {
    __builtin_memcpy(target, source, run);
    target += run;
    for (int d = outer - 1; d >= 0; --d) {
      source += step[d];
      if (++at[d] < out[d]) break;
      source -= step[d] * out[d];
      at[d] = 0;
    }
  }
}

namespace {

// Where an output position lies in the input, of `size` entries.
int32_t Reflected(int32_t position, int32_t size, int32_t offset) {
  if (position < 0) return -position - offset;
  if (position >= size) return (size - 1) - (position - (size - 1)) + offset;
  return position;
}

}  // namespace

void RunMirrorPad(const OpView& op) {
  const auto& attr = op.attr_as<MirrorPadAttr>();
  const TensorView& in = op.input[0];
  const auto out = op.output[0].dims;
  const ByteSteps bytes(in);
  const size_t element = DTypeBytes(in.dtype);
  std::byte* target = op.output[0].data;
  const std::byte* const end = target + op.output[0].bytes;
  int32_t at[kMaxRank] = {};
  while (target != end) {
    const std::byte* source = in.data;
    for (int d = 0; d < in.rank(); ++d)
      source += Reflected(at[d] - attr.before[d], in.dims[d], attr.offset) * bytes.of[d];
    __builtin_memcpy(target, source, element);
    target += element;
    for (int d = in.rank() - 1; d >= 0; --d) {
      if (++at[d] < out[d]) break;
      at[d] = 0;
    }
  }
}

}  // namespace covey::kernels::ref
