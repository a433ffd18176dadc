#include "kernels/fixed_point.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

struct Addend {
  const int8_t* data;
  int32_t step[kMaxRank];  // for a step along an output dimension; 0 where the addend repeats
  int32_t offset, multiplier, shift;
};

Addend MakeAddend(const TensorView& in, std::span<const int32_t> out) {
  Addend addend{};
  addend.data = in.as<int8_t>();
  const int skip = static_cast<int>(out.size()) - in.rank();
  int32_t step = 1;
  for (int i = in.rank() - 1; i >= 0; --i) {
    addend.step[skip + i] = in.dims[i] == 1 ? 0 : step;
    step *= in.dims[i];
  }
  return addend;
}

int32_t Scaled(const Addend& addend, int8_t value, int32_t left_shift) {
  return MultiplyByQuantized(WrapShift(value + addend.offset, left_shift), addend.multiplier,
                             addend.shift);
}

// Adds one row, the last dimension.
int8_t* AddRow(const AddAttr& attr, const Addend& a, const Addend& b, int32_t count, int last,
               int8_t* out) {
  const int32_t step_a = last < 0 ? 0 : a.step[last], step_b = last < 0 ? 0 : b.step[last];
  const int32_t least = attr.activation_min - attr.output_offset;
  const int32_t most = attr.activation_max - attr.output_offset;
  for (int32_t i = 0; i < count; ++i) {
    const int32_t sum = Scaled(a, a.data[i * step_a], attr.left_shift) +
                        Scaled(b, b.data[i * step_b], attr.left_shift);
    const int32_t scaled = MultiplyByQuantized(sum, attr.output_multiplier, attr.output_shift);
    *out++ = static_cast<int8_t>(Clamp(scaled, least, most) + attr.output_offset);
  }
  return out;
}

}  // namespace

void RunAdd(const OpView& op) {
  const auto& attr = op.attr_as<AddAttr>();
  const auto dims = op.output[0].dims;
  Addend a = MakeAddend(op.input[0], dims);
  Addend b = MakeAddend(op.input[1], dims);
  a.offset = attr.input0_offset, a.multiplier = attr.input0_multiplier, a.shift = attr.input0_shift;
  b.offset = attr.input1_offset, b.multiplier = attr.input1_multiplier, b.shift = attr.input1_shift;

  const int last = static_cast<int>(dims.size()) - 1;
  const int32_t row = last < 0 ? 1 : dims[last];
  int8_t* out = op.output[0].as_mutable<int8_t>();
  const int8_t* const end = out + op.output[0].elements();
  int32_t at[kMaxRank] = {};
  while (out != end) {
    out = AddRow(attr, a, b, row, last, out);
    for (int d = last - 1; d >= 0; --d) {  // on to the next row, as an odometer
      a.data += a.step[d];
      b.data += b.step[d];
      if (++at[d] < dims[d]) break;
      a.data -= a.step[d] * dims[d];
      b.data -= b.step[d] * dims[d];
      at[d] = 0;
    }
  }
}

}  // namespace covey::kernels::ref
