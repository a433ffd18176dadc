#include <limits>
#include <type_traits>

#include "kernels/fixed_point.hpp"
#include "kernels/ref/floats.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

// Some of a tensor's dimensions, walked in row-major order.
struct Axes {
  int count = 0;
  int32_t size[kMaxRank] = {}, step[kMaxRank] = {}, at[kMaxRank] = {};

  void Append(int32_t axis_size, int32_t axis_step) {
    size[count] = axis_size;
    step[count++] = axis_step;
  }
  // Moves to the next position; false after the last, then back at the first.
  template <typename T>
  bool Next(const T*& data) {
    for (int d = count - 1; d >= 0; --d) {
      data += step[d];
      if (++at[d] < size[d]) return true;
      data -= step[d] * size[d];
      at[d] = 0;
    }
    return false;
  }
};

template <typename T>
auto Sum(Axes& reduced, const T* data) {
  std::conditional_t<std::is_same_v<T, float>, float, int32_t> sum = 0;
  do sum += *data;
  while (reduced.Next(data));
  return sum;
}

template <typename T>
T Finished(const MeanAttr& attr, int32_t total, int32_t elements) {
  const int32_t least = std::numeric_limits<T>::min() - attr.output_offset;
  const int32_t most = std::numeric_limits<T>::max() - attr.output_offset;
  const int32_t sum = total - attr.input_zero_point * elements;
  const int32_t scaled = MultiplyByQuantized(sum, attr.multiplier, attr.shift);
  return static_cast<T>(Clamp(scaled, least, most) + attr.output_offset);
}
template <typename T>
T Finished(const MeanAttr& attr, float total, int32_t elements) {
  return attr.sum != 0 ? total : total / static_cast<float>(elements);
}

template <typename T>
void Mean(const OpView& op) {
  const auto& attr = op.attr_as<MeanAttr>();
  const TensorView& in = op.input[0];
  Axes kept, reduced;
  int32_t steps[kMaxRank] = {};
  int32_t step = 1, elements = 1;
  for (int i = in.rank() - 1; i >= 0; --i) steps[i] = step, step *= in.dims[i];
  for (int i = 0; i < in.rank(); ++i) {
    const bool reduce = (attr.axes >> i & 1) != 0;
    (reduce ? reduced : kept).Append(in.dims[i], steps[i]);
    if (reduce) elements *= in.dims[i];
  }
  const T* data = in.as<T>();
  T* out = op.output[0].as_mutable<T>();
  do *out++ = Finished<T>(attr, Sum(reduced, data), elements);
  while (kept.Next(data));
}

}  // namespace

void RunMean(const OpView& op) {
  if (IsFloat(op.input[0])) return Mean<float>(op);
  if (op.input[0].dtype == DType::kInt16) return Mean<int16_t>(op);
  Mean<int8_t>(op);
}

}  // namespace covey::kernels::ref
