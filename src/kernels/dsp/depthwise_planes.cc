#include "kernels/dsp/depthwise_planes.hpp"

#include "kernels/dsp/depthwise3x3.hpp"
#include "kernels/dsp/depthwise_wide.hpp"
#include "kernels/dsp/planes.hpp"
#include "kernels/dsp/simd.hpp"
#include "kernels/facts.hpp"

namespace covey::kernels::dsp {
namespace {

// What the windows of a channel need to know of the op.
struct Shape {
  const OpView& op;
  const Finish& finish;
  const PlanarLayout& layout;
  int32_t row_step;  // words from one row of the window to the next

  const ConvAttr& attr() const { return op.attr_as<ConvAttr>(); }
  int32_t width() const { return op.output[0].dims[2]; }
  int32_t channels() const { return op.output[0].dims[3]; }
  const int8_t* weights(int32_t channel) const { return op.input[1].as<int8_t>() + channel; }
};

// A band of a channel: where its plane and its output begin, and how many rows of output.
struct Band {
  const uint32_t* plane;
  int8_t* out;
  int32_t rows;
};

class Window3x3 {
 public:
  static constexpr int kAtOnce = 4;  // prepared channels that are worth their room
  void Prepare(const Shape& shape, const Channel& channel, int32_t number) {
    const int32_t pairs = shape.attr().stride_w == 1 ? shape.width() / 2 : 0;
    row_step_ = shape.row_step;
    relu_ = shape.finish.ending() == Ending::kRelu;
    job_.bias = job_.bias_again = channel.bias;
    job_.multiplier = channel.multiplier, job_.power = channel.power;
    job_.offset = shape.finish.offset();
    job_.out_step = shape.channels(), job_.out_row = shape.width() * shape.channels();
    job_.plane_advance = 4 * (shape.layout.stride * shape.layout.row_words - shape.width() + pairs);
    pairs_bytes_ = 2 * pairs * job_.out_step;
    const int8_t* w = shape.weights(number);
    const int32_t step = shape.channels();
    for (int ky = 0; ky < 3; ++ky, w += 3 * step) {
      const auto middle = static_cast<uint16_t>(w[step]);
      job_.weights[2 * ky] = static_cast<uint16_t>(w[0]) | uint32_t{middle} << 16;
      job_.weights[2 * ky + 1] = middle | static_cast<uint32_t>(w[2 * step]) << 16;
    }
  }

  void Run(const Band& band) {
    for (int ky = 0; ky < 3; ++ky) job_.plane[ky] = band.plane + ky * row_step_;
    job_.out = band.out;
    job_.pairs_end = band.out + pairs_bytes_;
    job_.row_end = band.out + job_.out_row;
    job_.rows = band.rows;
    if (relu_) {
      covey_dsp_depthwise3x3_relu(&job_);
    } else {
      covey_dsp_depthwise3x3_signed(&job_);
    }
  }

 private:
  Depthwise3x3 job_;
  int32_t row_step_, pairs_bytes_;
  bool relu_;
};

// 5x5 and 7x7.
class WideWindow {
 public:
  static constexpr int kAtOnce = 1;
  void Prepare(const Shape& shape, const Channel& channel, int32_t number) {
    const int32_t window = shape.layout.window, stride = shape.attr().stride_w;
    const int32_t step = shape.channels(), fours = shape.width() / 4;
    const bool five = kSome5x5 && (!kSome7x7 || window == 5);
    loop_ = five ? (stride == 1 ? covey_dsp_depthwise5x5 : covey_dsp_depthwise5x5_by_two)
                 : (stride == 1 ? covey_dsp_depthwise7x7 : covey_dsp_depthwise7x7_by_two);
    job_.bias = job_.bias_again = channel.bias;
    job_.multiplier = channel.multiplier, job_.power = channel.power;
    job_.offset = shape.finish.offset();
    job_.row_step = 4 * shape.row_step;
    job_.out_step = step, job_.out_row = shape.width() * step;
    job_.rest = shape.width() % 4;
    fours_bytes_ = 4 * fours * step;
    job_.out_gap = job_.rest * step;
    job_.back = window * job_.row_step - 8 * stride;
    job_.plane_advance = 4 * shape.layout.stride * shape.layout.row_words;
    const int8_t* const weights = shape.weights(number);
    five ? PutRows<5>(weights, step, stride == 2) : PutRows<7>(weights, step, stride == 2);
  }

  void Run(const Band& band) {
    job_.plane = band.plane;
    job_.out = band.out;
    job_.fours_end = band.out + fours_bytes_;
    job_.rows = band.rows;
    loop_(&job_);
  }

 private:
  // Each row of the window as depthwise_wide.hpp has it.
  template <int window>
  void PutRows(const int8_t* w, int32_t step, bool by_two) {
    uint32_t* to = job_.weights;
    for (int ky = 0; ky < window; ++ky) {
      uint32_t taps[window];
#pragma GCC unroll 7
      for (int kx = 0; kx < window; ++kx, w += step) taps[kx] = static_cast<uint32_t>(*w);
#pragma GCC unroll 3
      for (int kx = 0; kx < window - 1; kx += 2) *to++ = PackLow(taps[kx], taps[kx + 1]);
      if (by_two) {
        *to = taps[window - 1];  // its lower half counts
        to += window == 5 ? 2 : 1;
        continue;
      }
#pragma GCC unroll 3
      for (int kx = 1; kx < window; kx += 2) *to++ = PackLow(taps[kx], taps[kx + 1]);
    }
  }

  DepthwiseWide job_;
  void (*loop_)(const DepthwiseWide*);
  int32_t fours_bytes_;
};

// Of fast channels.
template <typename Window>
class Planar {
 public:
  Planar(const OpView& op, const Finish& finish, const PlanarLayout& layout, const Four& four)
      : shape_{op, finish, layout, op.attr_as<ConvAttr>().dilation_h * layout.row_words},
        out_(op.output[0].dims),
        layout_(layout),
        four_(four),
        rows_(layout.RowsIn(op.scratch.size(), out_[1])),
        planes_(op, layout, static_cast<int32_t>(layout.plane_rows(rows_)),
                reinterpret_cast<uint32_t*>(op.scratch.data())) {
    for (int i = four.skip; i < 4 && Window::kAtOnce == 4; ++i) Prepare(i, windows_[i]);
  }

  // `picture` and `out` at the first of the four channels.
  void Run(const int8_t* picture, int8_t* out) {
    planes_.Forget();
    for (int32_t y = 0; y < out_[1]; y += rows_) {
      const int32_t rows = out_[1] - y < rows_ ? out_[1] - y : rows_;
      const int32_t begin = y * layout_.stride;
      planes_.Fill(picture, begin, static_cast<int32_t>(layout_.plane_rows(rows)));
      int8_t* const row = out + y * out_[2] * out_[3];
      for (int i = four_.skip; i < 4; ++i) {
        Window& window = windows_[i % Window::kAtOnce];
        if (Window::kAtOnce < 4) Prepare(i, window);
        window.Run({planes_.Row(i, begin), row + i, rows});
      }
    }
  }

 private:
  void Prepare(int i, Window& window) const {
    window.Prepare(shape_, four_.channels[i], four_.first + i);
  }

  Shape shape_;
  std::span<const int32_t> out_;
  const PlanarLayout& layout_;
  const Four& four_;
  int32_t rows_;  // of output, at a time
  Planes planes_;
  Window windows_[Window::kAtOnce];
};

}  // namespace

void RunPlanar(const OpView& op, const Finish& finish, const PlanarLayout& layout,
               const Four& four) {
  if (kSome3x3 && layout.window == 3) {
    RunPictures(op, four, Planar<Window3x3>(op, finish, layout, four));
  } else if (kSome5x5 || kSome7x7) {
    RunPictures(op, four, Planar<WideWindow>(op, finish, layout, four));
  }
}

}  // namespace covey::kernels::dsp
