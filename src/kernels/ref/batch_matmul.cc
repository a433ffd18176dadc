#include <type_traits>

#include "kernels/fixed_point.hpp"
#include "kernels/ref/channel.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {
namespace {

// One input: how far apart its matrices, rows and columns lie.
template <typename T>
struct Matrices {
  const T* data;
  int32_t step[kMaxRank] = {};  // of the output's leading dimensions; 0 where it repeats
  int32_t row, column;

  Matrices(const TensorView& in, int out_rank, bool transposed) : data(in.as<T>()) {
    const int last = in.rank() - 1;
    row = transposed ? 1 : in.dims[last];
    column = transposed ? in.dims[last] : 1;
    int32_t size = in.dims[last] * in.dims[last - 1];
    for (int i = last - 2; i >= 0; --i) {
      step[out_rank - 1 - last + i] = in.dims[i] == 1 ? 0 : size;
      size *= in.dims[i];
    }
  }
};

int32_t Scaled(int32_t sum, const BatchMatMulAttr& attr) {
  return MultiplyByQuantized(sum, attr.multiplier, attr.shift);
}
int32_t Scaled(int64_t sum, const BatchMatMulAttr& attr) {
  return MultiplyWideByQuantized(sum, attr.multiplier, attr.shift);
}

// One value of the output.
template <typename T>
T Finished(typename Arithmetic<T>::Sum sum, const BatchMatMulAttr& attr) {
  if constexpr (std::is_same_v<T, float>) {
    return ClampFloat(sum, attr.activation_min, attr.activation_max);
  } else {
    const int32_t least = attr.activation_min - attr.output_offset;
    const int32_t most = attr.activation_max - attr.output_offset;
    return static_cast<T>(Clamp(Scaled(sum, attr), least, most) + attr.output_offset);
  }
}

// One matrix of the output.
template <typename T>
T* Product(const BatchMatMulAttr& attr, const Matrices<T>& a, const Matrices<T>& b,
           const int32_t* size, int32_t terms, T* out) {
  using Sum = typename Arithmetic<T>::Sum;
  using Operand = std::conditional_t<std::is_same_v<T, float>, float, int32_t>;
  const auto offset0 = static_cast<Operand>(attr.input0_offset);
  const auto offset1 = static_cast<Operand>(attr.input1_offset);
  for (int32_t y = 0; y < size[0]; ++y)
    for (int32_t x = 0; x < size[1]; ++x) {
      Sum sum = 0;
      for (int32_t k = 0; k < terms; ++k)
        sum += (a.data[y * a.row + k * a.column] + offset0) *
               (b.data[k * b.row + x * b.column] + offset1);
      *out++ = Finished<T>(sum, attr);
    }
  return out;
}

template <typename T>
void BatchMatMul(const OpView& op) {
  const auto& attr = op.attr_as<BatchMatMulAttr>();
  const auto dims = op.output[0].dims;
  const int rank = op.output[0].rank();
  Matrices<T> a(op.input[0], rank, attr.transposed0 != 0);
  Matrices<T> b(op.input[1], rank, attr.transposed1 != 0);
  const int32_t terms = op.input[0].dims[op.input[0].rank() - (attr.transposed0 != 0 ? 2 : 1)];
  T* out = op.output[0].as_mutable<T>();
  const T* const end = out + op.output[0].elements();
  int32_t at[kMaxRank] = {};
  while (out != end) {
    out = Product(attr, a, b, dims.data() + rank - 2, terms, out);
    for (int d = rank - 3; d >= 0; --d) {  // on to the next matrix, as an odometer
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

void RunBatchMatMul(const OpView& op) {
  if (IsFloat(op.input[0])) return BatchMatMul<float>(op);
  if (op.input[0].dtype == DType::kInt16) return BatchMatMul<int16_t>(op);
  BatchMatMul<int8_t>(op);
}

}  // namespace covey::kernels::ref
