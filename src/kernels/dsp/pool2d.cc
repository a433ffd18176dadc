// Four channels at a time; the channels left over one by one.
#include "kernels/dsp/four_sums.hpp"
#include "kernels/dsp/run.hpp"
#include "kernels/fixed_point.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::dsp {
namespace {

// The part of a window that lies inside the picture. `from`: its first pixel, first channel.
struct Inside {
  const int8_t* from;
  int32_t rows, columns;
  int32_t row_step, pixel_step;
  int32_t count() const { return rows * columns; }
};

// Calls take(value) for each byte of one channel. With pointers: a product of steps and counts,
// both known to a compiler, may look like one that overflows.
template <typename Take>
void EachOf(const Inside& inside, int32_t channel, Take&& take) {
  const int8_t* row = inside.from + channel;
  for (int32_t rows = inside.rows; rows > 0; --rows, row += inside.row_step) {
    const int8_t* pixel = row;
    for (int32_t columns = inside.columns; columns > 0; --columns, pixel += inside.pixel_step)
      take(*pixel);
  }
}

// The mean, halves away from zero.
struct Average {
  static void Four(const Inside& inside, int32_t channel, int32_t* to) {
    FourSums sums;
    const int8_t* row = inside.from + channel;
    for (int32_t rows = inside.rows; rows > 0; --rows, row += inside.row_step)
      sums.Add(row, inside.columns, inside.pixel_step);
    sums.Flush();
    for (int i = 0; i < 4; ++i) to[i] = Finish(sums.of[i], inside.count());
  }
  static int32_t One(const Inside& inside, int32_t channel) {
    int32_t sum = 0;
    EachOf(inside, channel, [&](int8_t value) { sum += value; });
    return Finish(sum, inside.count());
  }
  static int32_t Finish(int32_t sum, int32_t count) {
    return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
  }
};

struct Max {
  static void Four(const Inside& inside, int32_t channel, int32_t* to) {
    const int8_t* row = inside.from + channel;
    uint32_t most = 0x80808080;
    for (int32_t rows = inside.rows; rows > 0; --rows, row += inside.row_step) {
      const int8_t* pixel = row;
      for (int32_t x = inside.columns; x > 0; --x, pixel += inside.pixel_step)
        most = LargerBytes(most, LoadWord(pixel));
    }
    for (int i = 0; i < 4; ++i) to[i] = static_cast<int8_t>(most >> (8 * i));
  }
  static int32_t One(const Inside& inside, int32_t channel) {
    int32_t most = -128;
    EachOf(inside, channel, [&](int8_t value) { most = value > most ? value : most; });
    return most;
  }
};

// All channels of one output pixel.
template <typename Fold>
void Pixel(const PoolAttr& attr, const Inside& inside, int32_t channels, int8_t* out) {
  const auto put = [&](int32_t c, int32_t value) {
    out[c] = static_cast<int8_t>(Clamp(value, attr.activation_min, attr.activation_max));
  };
  int32_t c = 0;
  for (; c + 4 <= channels; c += 4) {
    int32_t values[4];
    Fold::Four(inside, c, values);
    for (int i = 0; i < 4; ++i) put(c + i, values[i]);
  }
  for (; c < channels; ++c) put(c, Fold::One(inside, c));
}

// in (N,H,W,C)  out (N,OH,OW,C)
template <typename Fold>
void Pool(const OpView& op) {
  const auto& attr = op.attr_as<PoolAttr>();
  const auto in = op.input[0].dims, out = op.output[0].dims;
  const int32_t channels = in[3], row_step = in[2] * channels;
  int8_t* result = op.output[0].as_mutable<int8_t>();
  for (int32_t n = 0; n < out[0]; ++n) {
    const int8_t* picture = op.input[0].as<int8_t>() + n * in[1] * row_step;
    for (int32_t y = 0; y < out[1]; ++y) {
      const Taps rows = Clip(y * attr.stride_h - attr.pad_top, attr.window_h, 1, in[1]);
      const int8_t* row = picture + (rows.origin + rows.begin) * row_step;
      for (int32_t x = 0; x < out[2]; ++x, result += channels) {
        const Taps columns = Clip(x * attr.stride_w - attr.pad_left, attr.window_w, 1, in[2]);
        const int8_t* from = row + (columns.origin + columns.begin) * channels;
        Inside inside{from, rows.count(), columns.count(), row_step, channels};
        if (inside.columns == in[2]) inside.columns *= inside.rows, inside.rows = 1;  // one run
        Pixel<Fold>(attr, inside, channels, result);
      }
    }
  }
}

}  // namespace

void RunAveragePool2D(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return ref::RunAveragePool2D(op);
  Pool<Average>(op);
}
void RunMaxPool2D(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8) return ref::RunMaxPool2D(op);
  Pool<Max>(op);
}

}  // namespace covey::kernels::dsp
