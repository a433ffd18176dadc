// One channel after the other. The channel of a 3x3, 5x5 or 7x7 window is copied into a padded
// plane in scratch first, so that no output asks what lies inside; a 3x3 window's weights stay in
// registers while it slides, the larger ones go over four pixels at once. Other windows, and
// channels whose numbers are unusual, take a plain loop.
#include "kernels/ref/run.hpp"
#include "kernels/rv32/depthwise3x3.hpp"
#include "kernels/rv32/depthwise_wide.hpp"
#include "kernels/rv32/finish.hpp"
#include "kernels/rv32/run.hpp"
#include "kernels/rv32/scratch.hpp"
#include "kernels/window.hpp"

namespace covey::kernels::rv32 {
namespace {

// A channel of the op. in (N,H,W,C)  filter (1,KH,KW,C)  out (N,OH,OW,C)
class Channel {
 public:
  Channel(const OpView& op, const Finish& finish, int32_t number, bool planes)
      : attr_(op.attr_as<ConvAttr>()),
        in_(op.input[0].dims),
        filter_(op.input[1].dims),
        out_(op.output[0].dims),
        layout_(op),
        finish_(finish),
        numbers_(finish.Of(number)),
        weights_(op.input[1].as<int8_t>() + number) {
    const auto* const bias = op.input[2].as<int32_t>();
    bias_ = bias == nullptr ? 0 : bias[number];
    by_planes_ = planes && numbers_.fast();
    plane_ = reinterpret_cast<int8_t*>(op.scratch.data());
    if (by_planes_ && filter_[1] == 3) PrepareJob();
    if (by_planes_ && filter_[1] != 3) PrepareWide();
  }

  // `picture` and `out` at the channel.
  void Run(const int8_t* picture, int8_t* out) {
    if (!by_planes_) return RunPlain(picture, out);
    FillPlane(picture);
    if (filter_[1] != 3) return Wide(out);
    job_.out = out;
    if (attr_.stride_w == 1) {
      covey_rv32_depthwise3x3(&job_);
    } else {
      covey_rv32_depthwise3x3_by_two(&job_);
    }
  }

 private:
  void PrepareWide() {
    int32_t sum = 0;
    for (int32_t i = 0; i < filter_[1] * filter_[2]; ++i)
      sum += wide_.weights[i] = weights_[i * filter_[3]];
    wide_.plane = plane_;
    wide_.row = attr_.dilation_h * layout_.columns;
    wide_.advance = attr_.stride_h * layout_.columns;
    wide_.pixel = out_[3];
    wide_.columns = out_[2], wide_.rows = out_[1];
    wide_.bias = WrapAdd(bias_, attr_.input_offset * sum);
  }

  void Wide(int8_t* out) {
    const Finish::Channel numbers = numbers_;  // no store can change a copy
    const auto finish = [&numbers](int32_t sum) { return numbers(sum); };
    wide_.out = out;
    const bool by_two = attr_.stride_w == 2;
    if (filter_[1] == 5) {
      by_two ? RunWide<5, 2>(wide_, finish) : RunWide<5, 1>(wide_, finish);
    } else {
      by_two ? RunWide<7, 2>(wide_, finish) : RunWide<7, 1>(wide_, finish);
    }
  }

  void PrepareJob() {
    int32_t* const columns[3] = {job_.left, job_.middle, job_.right};
    int32_t sum = 0;
    for (int i = 0; i < 9; ++i) {
      const int32_t weight = weights_[i * filter_[3]];
      columns[i % 3][i / 3] = 2 * weight;
      sum += weight;
    }
    job_.plane = plane_;
    job_.row = attr_.dilation_h * layout_.columns;
    job_.advance = attr_.stride_h * layout_.columns;
    job_.pixel = out_[3];
    job_.columns = out_[2], job_.rows = out_[1];
    job_.bias = WrapShift(WrapAdd(bias_, attr_.input_offset * sum), 1);
    job_.multiplier = numbers_.multiplier;
    job_.rounding = numbers_.rounding;
    job_.shift = numbers_.right;
    job_.least = numbers_.least, job_.most = numbers_.most;
  }

  void FillPlane(const int8_t* picture) const {
    const int32_t columns = layout_.columns, pixel = in_[3];
    const int32_t left = attr_.pad_left < columns ? attr_.pad_left : columns;
    const int32_t inside = columns - left < in_[2] ? columns - left : in_[2];
    __builtin_memset(plane_, -attr_.input_offset, static_cast<size_t>(layout_.bytes()));
    for (int32_t row = 0; row < layout_.rows; ++row) {
      const int32_t y = row - attr_.pad_top;
      if (y < 0 || y >= in_[1]) continue;
      const int8_t* from = picture + y * in_[2] * pixel;
      int8_t* to = plane_ + row * columns + left;
      int32_t count = inside;
      for (; count >= 4; count -= 4, to += 4)
        for (int i = 0; i < 4; ++i, from += pixel) to[i] = *from;
      for (; count > 0; --count, from += pixel) *to++ = *from;
    }
  }

  void RunPlain(const int8_t* picture, int8_t* out) const {
    for (int32_t y = 0; y < out_[1]; ++y) {
      const Taps rows =
          Clip(y * attr_.stride_h - attr_.pad_top, filter_[1], attr_.dilation_h, in_[1]);
      for (int32_t x = 0; x < out_[2]; ++x, out += out_[3]) {
        const Taps columns =
            Clip(x * attr_.stride_w - attr_.pad_left, filter_[2], attr_.dilation_w, in_[2]);
        *out = finish_(WrapAdd(Window(picture, rows, columns), bias_), numbers_);
      }
    }
  }
  int32_t Window(const int8_t* picture, const Taps& rows, const Taps& columns) const {
    int32_t sum = 0;
    if (columns.count() == 0) return sum;
    const int32_t offset = attr_.input_offset, channels = filter_[3];
    const int32_t step = columns.count() > 1 ? attr_.dilation_w * in_[3] : 0;
    for (int32_t ky = rows.begin; ky < rows.end; ++ky) {
      const int32_t row = rows.origin + ky * attr_.dilation_h;
      const int32_t column = columns.origin + columns.begin * attr_.dilation_w;
      const int8_t* from = picture + (row * in_[2] + column) * in_[3];
      const int8_t* w = weights_ + (ky * filter_[2] + columns.begin) * channels;
      for (int32_t kx = columns.count(); kx > 0; --kx, from += step, w += channels)
        sum += (*from + offset) * *w;
    }
    return sum;
  }

  const ConvAttr& attr_;
  std::span<const int32_t> in_, filter_, out_;
  DepthwiseLayout layout_;
  const Finish& finish_;
  Finish::Channel numbers_;
  const int8_t* weights_;
  int32_t bias_ = 0;
  int8_t* plane_ = nullptr;
  union {
    Depthwise3x3 job_{};
    DepthwiseWide wide_;
  };
  bool by_planes_;
};

}  // namespace

void RunDepthwiseConv2D(const OpView& op) {
  if (op.output[0].dtype != DType::kInt8 || op.attr_as<ConvAttr>().depth_multiplier != 1)
    return ref::RunDepthwiseConv2D(op);
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  const Finish finish(op, filter[3], filter[1] * filter[2]);
  const bool planes = ScratchHolds(op, Rv32ScratchOf(op).least);
  for (int32_t c = 0; c < filter[3]; ++c) {
    Channel channel(op, finish, c, planes);
    const int8_t* picture = op.input[0].as<int8_t>() + c;
    int8_t* result = op.output[0].as_mutable<int8_t>() + c;
    for (int32_t n = 0; n < out[0]; ++n) {
      channel.Run(picture, result);
      picture += in[1] * in[2] * in[3];
      result += out[1] * out[2] * out[3];
    }
  }
}

}  // namespace covey::kernels::rv32
