#include <limits>

#include "kernels/fixed_point.hpp"
#include "kernels/ref/floats.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::ref {
namespace {

// The mean of the pixels inside, halves away from zero.
struct Average {
  using Value = int32_t;
  static constexpr int32_t kStart = 0;
  static int32_t Add(int32_t sum, int32_t value) { return sum + value; }
  static int32_t Finish(int32_t sum, int32_t count) {
    return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
  }
};

struct Max {
  using Value = int32_t;
  static constexpr int32_t kStart = -32768;
  static int32_t Add(int32_t most, int32_t value) { return value > most ? value : most; }
  static int32_t Finish(int32_t most, int32_t) { return most; }
};

struct FloatAverage {
  using Value = float;
  static constexpr float kStart = 0;
  static float Add(float sum, float value) { return sum + value; }
  static float Finish(float sum, int32_t count) { return sum / static_cast<float>(count); }
};

struct FloatMax {
  using Value = float;
  static constexpr float kStart = std::numeric_limits<float>::lowest();
  static float Add(float most, float value) { return value > most ? value : most; }
  static float Finish(float most, int32_t) { return most; }
};

int32_t Clamped(const PoolAttr& attr, int32_t value) {
  return Clamp(value, attr.activation_min, attr.activation_max);
}
float Clamped(const PoolAttr& attr, float value) {
  return ClampFloat(value, attr.activation_min, attr.activation_max);
}

// `in` is the picture's first pixel at the channel.
template <typename Fold, typename T>
typename Fold::Value Window(const T* in, int32_t width, int32_t channels, Taps rows, Taps columns) {
  auto folded = Fold::kStart;
  for (int32_t ky = rows.begin; ky < rows.end; ++ky) {
    const int32_t y = rows.origin + ky, x = columns.origin + columns.begin;
    const T* pixel = in + (y * width + x) * channels;
    for (int32_t count = columns.count(); count > 0; --count, pixel += channels)
      folded = Fold::Add(folded, *pixel);
  }
  return Fold::Finish(folded, rows.count() * columns.count());
}

template <typename Fold, typename T>
void Pool(const OpView& op) {
  const auto& attr = op.attr_as<PoolAttr>();
  const auto in = op.input[0].dims, out = op.output[0].dims;
  T* result = op.output[0].as_mutable<T>();
  for (int32_t n = 0; n < out[0]; ++n) {
    const T* picture = op.input[0].as<T>() + n * in[1] * in[2] * in[3];
    for (int32_t y = 0; y < out[1]; ++y) {
      const Taps rows = Clip(y * attr.stride_h - attr.pad_top, attr.window_h, 1, in[1]);
      for (int32_t x = 0; x < out[2]; ++x) {
        const Taps columns = Clip(x * attr.stride_w - attr.pad_left, attr.window_w, 1, in[2]);
        for (int32_t c = 0; c < in[3]; ++c) {
          const auto value = Window<Fold, T>(picture + c, in[2], in[3], rows, columns);
          *result++ = static_cast<T>(Clamped(attr, value));
        }
      }
    }
  }
}

}  // namespace

void RunAveragePool2D(const OpView& op) {
  if (IsFloat(op.input[0])) return Pool<FloatAverage, float>(op);
  if (op.input[0].dtype == DType::kInt16) return Pool<Average, int16_t>(op);
  Pool<Average, int8_t>(op);
}

void RunMaxPool2D(const OpView& op) {
  if (IsFloat(op.input[0])) return Pool<FloatMax, float>(op);
  if (op.input[0].dtype == DType::kInt16) return Pool<Max, int16_t>(op);
  Pool<Max, int8_t>(op);
}

}  // namespace covey::kernels::ref
