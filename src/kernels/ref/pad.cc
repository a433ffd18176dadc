#include "kernels/ref/floats.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

void Fill(const TensorView& tensor, int32_t value) {
  if (IsFloat(tensor)) {
    auto* out = tensor.as_mutable<int32_t>();  // the bits
    for (const auto* end = out + tensor.elements(); out != end; ++out) *out = value;
    return;
  }
  if (tensor.dtype != DType::kInt16) {
    __builtin_memset(tensor.data, value, tensor.bytes);
    return;
  }
  auto* out = tensor.as_mutable<int16_t>();
  for (const auto* end = out + tensor.elements(); out != end; ++out) {
    *out = static_cast<int16_t>(value);
  }
}

}  // namespace

void RunPad(const OpView& op) {
  const auto& attr = op.attr_as<PadAttr>();
  const auto in = op.input[0].dims, out = op.output[0].dims;
  Fill(op.output[0], attr.value);

  const int last = op.input[0].rank() - 1;
  const auto element = static_cast<int32_t>(DTypeBytes(op.input[0].dtype));
  int32_t steps[kMaxRank] = {};  // of the output, in bytes
  int32_t step = element;
  std::byte* target = op.output[0].data;
  for (int i = last; i >= 0; --i) {
    steps[i] = step;
    target += attr.before[i] * step;
    step *= out[i];
  }
  const auto row = static_cast<size_t>(last < 0 ? element : in[last] * element);
  const std::byte* source = op.input[0].data;
  const std::byte* const end = source + op.input[0].bytes;
  int32_t at[kMaxRank] = {};
  while (source != end) {
    __builtin_memcpy(target, source, row);
    source += row;
    for (int d = last - 1; d >= 0; --d) {
      target += steps[d];
      if (++at[d] < in[d]) break;
      target -= steps[d] * in[d];
      at[d] = 0;
    }
  }
}

}  // namespace covey::kernels::ref
