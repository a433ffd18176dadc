#include "kernels/fixed_point.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

template <typename T>
struct Addend {
  const T* data;
  int32_t step[kMaxRank];  // for a step along an output dimension; 0 where the addend repeats
  int32_t offset, multiplier, shift;
};

template <typename T>
Addend<T> MakeAddend(const TensorView& in, std::span<const int32_t> out) {
  Addend<T> addend{};
  addend.data = in.as<T>();
  const int skip = static_cast<int>(out.size()) - in.rank();
  int32_t step = 1;
  for (int i = in.rank() - 1; i >= 0; --i) {
    addend.step[skip + i] = in.dims[i] == 1 ? 0 : step;
    step *= in.dims[i];
  }
  return addend;
}

template <typename T>
int32_t Scaled(const Addend<T>& addend, T value, int32_t left_shift) {
  return MultiplyByQuantized(WrapShift(value + addend.offset, left_shift), addend.multiplier,
                             addend.shift);
}

// Adds one row, the last dimension.
template <typename T>
T* AddRow(const AddAttr& attr, const Addend<T>& a, const Addend<T>& b, int32_t count, int last,
          T* out) {
  const int32_t step_a = last < 0 ? 0 : a.step[last], step_b = last < 0 ? 0 : b.step[last];
  const int32_t least = attr.activation_min - attr.output_offset;
  const int32_t most = attr.activation_max - attr.output_offset;
  for (int32_t i = 0; i < count; ++i) {
    const int32_t sum = Scaled(a, a.data[i * step_a], attr.left_shift) +
                        Scaled(b, b.data[i * step_b], attr.left_shift);
    const int32_t scaled = MultiplyByQuantized(sum, attr.output_multiplier, attr.output_shift);
    *out++ = static_cast<T>(Clamp(scaled, least, most) + attr.output_offset);
  }
  return out;
}

template <typename T>
void Add(const OpView& op) {
  const auto& attr = op.attr_as<AddAttr>();
  const auto dims = op.output[0].dims;
  Addend<T> a = MakeAddend<T>(op.input[0], dims);
  Addend<T> b = MakeAddend<T>(op.input[1], dims);
  a.offset = attr.input0_offset, a.multiplier = attr.input0_multiplier, a.shift = attr.input0_shift;
  b.offset = attr.input1_offset, b.multiplier = attr.input1_multiplier, b.shift = attr.input1_shift;

  const int last = static_cast<int>(dims.size()) - 1;
  const int32_t row = last < 0 ? 1 : dims[last];
  T* out = op.output[0].as_mutable<T>();
  const T* const end = out + op.output[0].elements();
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

}  // namespace

void RunAdd(const OpView& op) {
  if (op.output[0].dtype == DType::kInt16) return Add<int16_t>(op);
  Add<int8_t>(op);
}

}  // namespace covey::kernels::ref
