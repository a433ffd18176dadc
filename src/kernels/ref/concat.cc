#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

// A tensor seen as (outer, dims[axis], inner bytes).
struct Sides {
  size_t outer = 1, inner = 1;
};
Sides SidesOf(const TensorView& tensor, int axis) {
  Sides sides;
  sides.inner = DTypeBytes(tensor.dtype);
  for (int d = 0; d < axis; ++d) sides.outer *= static_cast<size_t>(tensor.dims[d]);
  for (int d = axis + 1; d < tensor.rank(); ++d) sides.inner *= static_cast<size_t>(tensor.dims[d]);
  return sides;
}

}  // namespace

void RunConcat(const OpView& op) {
  const int axis = op.attr_as<ConcatAttr>().axis;
  const Sides sides = SidesOf(op.output[0], axis);
  std::byte* out = op.output[0].data;
  for (size_t o = 0; o < sides.outer; ++o)
    for (int i = 0; i < op.inputs; ++i) {
      const TensorView& in = op.input[i];
      const size_t bytes = sides.inner * static_cast<size_t>(in.dims[axis]);
      // Planned where it belongs: nothing to move.
      if (out != in.data + o * bytes) __builtin_memcpy(out, in.data + o * bytes, bytes);
      out += bytes;
    }
}

void RunGather(const OpView& op) {
  const int axis = op.attr_as<GatherAttr>().axis;
  const Sides sides = SidesOf(op.input[0], axis);
  const size_t block = sides.inner * static_cast<size_t>(op.input[0].dims[axis]);
  std::byte* out = op.output[0].data;
  for (size_t o = 0; o < sides.outer; ++o)
    for (int32_t position : op.params) {
      const std::byte* from =
          op.input[0].data + o * block + sides.inner * static_cast<size_t>(position);
      __builtin_memcpy(out, from, sides.inner);
      out += sides.inner;
    }
}

}  // namespace covey::kernels::ref
