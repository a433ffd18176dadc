// Sixteen channels of a pixel at a time.
#include "kernels/mve/run.hpp"
#include "kernels/mve/sixteen_sums.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::mve {
namespace {

struct Window {
  const int8_t* from;  // the first pixel inside, at the first of the channels
  int32_t rows, columns;
  int32_t row_step, pixel_step;  // bytes
  int32_t channels;              // from here on
};

void StoreMax(const Window& window, const PoolAttr& attr, int8_t* out) {
  const mve_pred16_t mask = vctp8q(static_cast<uint32_t>(window.channels));
  int8x16_t most = vdupq_n_s8(-128);
  const int8_t* row = window.from;
  for (int32_t y = window.rows; y > 0; --y, row += window.row_step) {
    const int8_t* pixel = row;
    for (int32_t x = window.columns; x > 0; --x, pixel += window.pixel_step)
      most = vmaxq_s8(most, vldrbq_z_s8(pixel, mask));
  }
  most = vmaxq_s8(most, vdupq_n_s8(static_cast<int8_t>(attr.activation_min)));
  most = vminq_s8(most, vdupq_n_s8(static_cast<int8_t>(attr.activation_max)));
  vstrbq_p_s8(out, most, mask);
}

// sum / count, halves away from zero: magnitudes by ceil(2^32 / count), which is exact for sums
// below 2^24 and counts of 2 to 255.
int32x4_t Divided(int32x4_t sum, uint32_t count) {
  if (count == 1) return sum;
  const uint32_t inverse = 0xFFFFFFFFU / count + 1;
  const uint32x4_t size = vaddq_n_u32(vreinterpretq_u32_s32(vabsq_s32(sum)), count / 2);
  const int32x4_t value = vreinterpretq_s32_u32(vmulhq_u32(size, vdupq_n_u32(inverse)));
  return vnegq_m_s32(value, value, vcmpltq_n_s32(sum, 0));
}

void StoreAverage(const Window& window, const PoolAttr& attr, int8_t* out) {
  SixteenSums sums(window.channels);
  const int8_t* row = window.from;
  for (int32_t y = window.rows; y > 0; --y, row += window.row_step)
    sums.Add(row, window.columns, window.pixel_step);
  const auto count = static_cast<uint32_t>(window.rows * window.columns);
  for (int k = 0; k < 4; ++k) {
    const int32x4_t value = vmaxq_s32(Divided(sums.Of(k), count), vdupq_n_s32(attr.activation_min));
    sums.Of(k) = vminq_s32(value, vdupq_n_s32(attr.activation_max));
  }
  sums.Store(out);
}

// in (N,H,W,C)  out (N,OH,OW,C)
template <typename Store>
void Pool(const OpView& op, Store store) {
  const auto& attr = op.attr_as<PoolAttr>();
  const auto in = op.input[0].dims, out = op.output[0].dims;
  int8_t* result = op.output[0].as_mutable<int8_t>();
  for (int32_t n = 0; n < out[0]; ++n) {
    const int8_t* picture = op.input[0].as<int8_t>() + n * in[1] * in[2] * in[3];
    for (int32_t y = 0; y < out[1]; ++y) {
      const Taps rows = Clip(y * attr.stride_h - attr.pad_top, attr.window_h, 1, in[1]);
      for (int32_t x = 0; x < out[2]; ++x, result += in[3]) {
        const Taps columns = Clip(x * attr.stride_w - attr.pad_left, attr.window_w, 1, in[2]);
        const int32_t row = rows.origin + rows.begin, column = columns.origin + columns.begin;
        Window window{picture + (row * in[2] + column) * in[3],
                      rows.count(),
                      columns.count(),
                      in[2] * in[3],
                      in[3],
                      in[3]};
        for (int32_t c = 0; c < in[3]; c += 16, window.from += 16, window.channels -= 16)
          store(window, attr, result + c);
      }
    }
  }
}

}  // namespace

void RunMaxPool2D(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return ref::RunMaxPool2D(op);
  Pool(op, StoreMax);
}

void RunAveragePool2D(const OpView& op) {
  const auto& attr = op.attr_as<PoolAttr>();
  const auto in = op.input[0].dims;
  const int64_t rows = attr.window_h < in[1] ? attr.window_h : in[1];
  const int64_t columns = attr.window_w < in[2] ? attr.window_w : in[2];
  if (op.output[0].dtype != DType::kInt8 || rows * columns > 255) return ref::RunAveragePool2D(op);
  Pool(op, StoreAverage);
}

}  // namespace covey::kernels::mve
