#include "kernels/ref/run.hpp"

namespace covey::kernels::ref {

void RunResizeNearest(const OpView& op) {
  const auto in = op.input[0].dims, out = op.output[0].dims;
  const int32_t* const rows = op.params.data();
  const int32_t* const columns = rows + out[1];
  const auto channels = static_cast<size_t>(in[3]);
  const int8_t* picture = op.input[0].as<int8_t>();
  int8_t* result = op.output[0].as_mutable<int8_t>();
  for (int32_t n = 0; n < out[0]; ++n, picture += in[1] * in[2] * in[3])
    for (int32_t y = 0; y < out[1]; ++y)
      for (int32_t x = 0; x < out[2]; ++x, result += channels)
        __builtin_memcpy(result, picture + (rows[y] * in[2] + columns[x]) * in[3], channels);
}

namespace {

// Entry of params for one output row or column; weights in 1/1024.
struct Place {
  int32_t lower, upper, weight;
};
constexpr int32_t kOne = 1 << 10;

}  // namespace

void RunResizeBilinear(const OpView& op) {
  const auto in = op.input[0].dims, out = op.output[0].dims;
  const auto* const rows = reinterpret_cast<const Place*>(op.params.data());
  const Place* const columns = rows + out[1];
  const int8_t* picture = op.input[0].as<int8_t>();
  int8_t* result = op.output[0].as_mutable<int8_t>();
  for (int32_t n = 0; n < out[0]; ++n, picture += in[1] * in[2] * in[3])
    for (int32_t y = 0; y < out[1]; ++y)
      for (int32_t x = 0; x < out[2]; ++x) {
        const Place row = rows[y], column = columns[x];
        const int8_t* const upper_left = picture + (row.lower * in[2] + column.lower) * in[3];
        const int8_t* const upper_right = picture + (row.lower * in[2] + column.upper) * in[3];
        const int8_t* const lower_left = picture + (row.upper * in[2] + column.lower) * in[3];
        const int8_t* const lower_right = picture + (row.upper * in[2] + column.upper) * in[3];
        for (int32_t c = 0; c < in[3]; ++c) {
          const int32_t top =
              (kOne - column.weight) * upper_left[c] + column.weight * upper_right[c];
          const int32_t bottom =
              (kOne - column.weight) * lower_left[c] + column.weight * lower_right[c];
          const int32_t sum = (kOne - row.weight) * top + row.weight * bottom;  // in 2^-20
          *result++ = static_cast<int8_t>((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
        }
      }
}

}  // namespace covey::kernels::ref
