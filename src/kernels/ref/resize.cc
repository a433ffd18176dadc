#include "kernels/ref/floats.hpp"
#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {

void RunResizeNearest(const OpView& op) {
  const auto in = op.input[0].dims, out = op.output[0].dims;
  const int32_t* const rows = op.params.data();
  const int32_t* const columns = rows + out[1];
  const size_t pixel = static_cast<size_t>(in[3]) * DTypeBytes(op.input[0].dtype);
  const std::byte* picture = op.input[0].data;
  std::byte* result = op.output[0].data;
  for (int32_t n = 0; n < out[0]; ++n, picture += static_cast<size_t>(in[1] * in[2]) * pixel)
    for (int32_t y = 0; y < out[1]; ++y)
      for (int32_t x = 0; x < out[2]; ++x, result += pixel)
        __builtin_memcpy(
            result, picture + static_cast<size_t>(rows[y] * in[2] + columns[x]) * pixel, pixel);
}

namespace {

// Entry of params for one output row or column; weights in 1/1024.
struct Place {
  int32_t lower, upper, weight;
};
constexpr int32_t kOne = 1 << 10;

// Sum: what 2^20 times an element fits.
template <typename T, typename Sum>
T Mixed(const T* c, const Place& row, const Place& column) {
  const Sum top = Sum{kOne - column.weight} * c[0] + Sum{column.weight} * c[1];
  const Sum bottom = Sum{kOne - column.weight} * c[2] + Sum{column.weight} * c[3];
  const Sum sum = (kOne - row.weight) * top + row.weight * bottom;  // in 2^-20
  return static_cast<T>((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
}
int8_t Between(const int8_t* c, const Place& row, const Place& column) {
  return Mixed<int8_t, int32_t>(c, row, column);
}
int16_t Between(const int16_t* c, const Place& row, const Place& column) {
  return Mixed<int16_t, int64_t>(c, row, column);
}
float Between(const float* c, const Place& row, const Place& column) {
  const float right = FloatOf(column.weight), lower = FloatOf(row.weight);
  return c[0] * (1 - lower) * (1 - right) + c[2] * lower * (1 - right) +
         c[1] * (1 - lower) * right + c[3] * lower * right;
}

template <typename T>
void Bilinear(const OpView& op) {
  const auto in = op.input[0].dims, out = op.output[0].dims;
  const auto* const rows = reinterpret_cast<const Place*>(op.params.data());
  const Place* const columns = rows + out[1];
  const T* picture = op.input[0].as<T>();
  T* result = op.output[0].as_mutable<T>();
  for (int32_t n = 0; n < out[0]; ++n, picture += in[1] * in[2] * in[3])
    for (int32_t y = 0; y < out[1]; ++y)
      for (int32_t x = 0; x < out[2]; ++x) {
        const Place row = rows[y], column = columns[x];
        const T* const corner[4] = {picture + (row.lower * in[2] + column.lower) * in[3],
                                    picture + (row.lower * in[2] + column.upper) * in[3],
                                    picture + (row.upper * in[2] + column.lower) * in[3],
                                    picture + (row.upper * in[2] + column.upper) * in[3]};
        for (int32_t c = 0; c < in[3]; ++c) {
          const T four[4] = {corner[0][c], corner[1][c], corner[2][c], corner[3][c]};
          *result++ = Between(four, row, column);
        }
      }
}

}  // namespace

void RunResizeBilinear(const OpView& op) {
  if (IsFloat(op.input[0])) return Bilinear<float>(op);
  if (op.input[0].dtype == DType::kInt16) return Bilinear<int16_t>(op);
  Bilinear<int8_t>(op);
}

}  // namespace covey::kernels::ref
