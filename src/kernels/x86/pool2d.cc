// Pools, and the mean over a picture's rows and columns: all channels of a pixel at once, folded in
// scratch and written when the window has been read.
#include "kernels/fixed_point.hpp"
#include "kernels/ref/run.hpp"
#include "kernels/window.hpp"
#include "kernels/x86/pack.hpp"
#include "kernels/x86/run.hpp"

namespace covey::kernels::x86 {
namespace {

struct PoolPlan {
  const Loops* loops = nullptr;
};

int32_t Average(int32_t sum, int32_t count) {
  return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

struct Averaging {
  static void Fold(const OpView& op, const int8_t* pixel, int32_t channels) {
    PlanOf<PoolPlan>(op).loops->sum_row(pixel, channels, Scratch(op));
  }
  static void Start(const OpView& op, int32_t channels) {
    __builtin_memset(op.scratch.data(), 0, static_cast<size_t>(channels) * sizeof(int32_t));
  }
  static int32_t Finish(const OpView& op, int32_t channel, int32_t count) {
    return Average(Scratch(op)[channel], count);
  }
  static int32_t* Scratch(const OpView& op) {
    return reinterpret_cast<int32_t*>(op.scratch.data());
  }
};

struct Maximum {
  static void Fold(const OpView& op, const int8_t* pixel, int32_t channels) {
    PlanOf<PoolPlan>(op).loops->max_row(pixel, channels, Scratch(op));
  }
  static void Start(const OpView& op, int32_t channels) {
    __builtin_memset(op.scratch.data(), -128, static_cast<size_t>(channels));
  }
  static int32_t Finish(const OpView& op, int32_t channel, int32_t) { return Scratch(op)[channel]; }
  static int8_t* Scratch(const OpView& op) { return reinterpret_cast<int8_t*>(op.scratch.data()); }
};

// All channels of one output pixel.
template <typename How>
void Window(const OpView& op, const int8_t* picture, Taps rows, Taps columns, int8_t* result) {
  const auto& attr = op.attr_as<PoolAttr>();
  const auto in = op.input[0].dims;
  How::Start(op, in[3]);
  for (int32_t ky = rows.begin; ky < rows.end; ++ky) {
    const int64_t first = int64_t{rows.origin + ky} * in[2] + columns.origin + columns.begin;
    const int8_t* pixel = picture + first * in[3];
    for (int32_t left = columns.count(); left > 0; --left, pixel += in[3])
      How::Fold(op, pixel, in[3]);
  }
  const int32_t count = rows.count() * columns.count();
  for (int32_t c = 0; c < in[3]; ++c)
    result[c] = static_cast<int8_t>(
        Clamp(How::Finish(op, c, count), attr.activation_min, attr.activation_max));
}

template <typename How>
void Pool(const OpView& op) {
  const auto& attr = op.attr_as<PoolAttr>();
  const auto in = op.input[0].dims, out = op.output[0].dims;
  int8_t* result = op.output[0].as_mutable<int8_t>();
  for (int32_t n = 0; n < out[0]; ++n) {
    const int8_t* picture = op.input[0].as<int8_t>() + int64_t{n} * in[1] * in[2] * in[3];
    for (int32_t y = 0; y < out[1]; ++y) {
      const Taps rows = Clip(y * attr.stride_h - attr.pad_top, attr.window_h, 1, in[1]);
      for (int32_t x = 0; x < out[2]; ++x, result += in[3]) {
        const Taps columns = Clip(x * attr.stride_w - attr.pad_left, attr.window_w, 1, in[2]);
        Window<How>(op, picture, rows, columns, result);
      }
    }
  }
}

}  // namespace

Need PoolNeed(const OpView& op) {
  return {sizeof(PoolPlan), static_cast<size_t>(op.input[0].dims[3]) * sizeof(int32_t)};
}

Need MeanNeed(const OpView& op) {
  constexpr int32_t kRowsAndColumns = 6;
  if (op.input[0].rank() != 4 || op.attr_as<MeanAttr>().axes != kRowsAndColumns) return {};
  return PoolNeed(op);
}

void PackPool(const OpView&, const Loops& loops, std::byte* to) {
  const PoolPlan plan{&loops};
  __builtin_memcpy(to, &plan, sizeof(plan));
}

void RunAveragePool2D(const OpView& op) {
  IsPacked(op) ? Pool<Averaging>(op) : ref::RunAveragePool2D(op);
}

void RunMaxPool2D(const OpView& op) { IsPacked(op) ? Pool<Maximum>(op) : ref::RunMaxPool2D(op); }

void RunMean(const OpView& op) {
  if (!IsPacked(op)) return ref::RunMean(op);
  const auto& attr = op.attr_as<MeanAttr>();
  const auto in = op.input[0].dims;
  const int32_t count = in[1] * in[2];
  const int32_t least = -128 - attr.output_offset, most = 127 - attr.output_offset;
  const int8_t* pixel = op.input[0].as<int8_t>();
  int8_t* out = op.output[0].as_mutable<int8_t>();
  const int32_t* sums = Averaging::Scratch(op);
  for (int32_t n = 0; n < in[0]; ++n) {
    Averaging::Start(op, in[3]);
    for (int32_t p = 0; p < count; ++p, pixel += in[3]) Averaging::Fold(op, pixel, in[3]);
    for (int32_t c = 0; c < in[3]; ++c) {
      const int32_t sum = sums[c] - attr.input_zero_point * count;
      const int32_t scaled = MultiplyByQuantized(sum, attr.multiplier, attr.shift);
      *out++ = static_cast<int8_t>(Clamp(scaled, least, most) + attr.output_offset);
    }
  }
}

}  // namespace covey::kernels::x86
