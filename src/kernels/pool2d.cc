#include "kernels/prepare.hpp"
#include "kernels/window.hpp"

namespace covey::kernels {

// in (N,H,W,C)  out (N,OH,OW,C)
Status PreparePool2D(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(1, 1, 1));
  COVEY_TRY(check.IsNumbers("input", op.input[0]));
  COVEY_TRY(check.Is("output", op.output[0], op.input[0].dtype));
  COVEY_TRY(check.IsRank("input", op.input[0], 4));
  COVEY_TRY(check.IsRank("output", op.output[0], 4));
  const auto in = op.input[0].dims, out = op.output[0].dims;
  COVEY_TRY(check.Equal("output batch", out[0], in[0]));
  COVEY_TRY(check.Equal("output channels", out[3], in[3]));
  const auto& attr = op.attr_as<PoolAttr>();
  COVEY_TRY(CheckSlide(
      check, {"rows", in[1], out[1], attr.window_h, attr.stride_h, 1, attr.pad_top}, true));
  COVEY_TRY(CheckSlide(
      check, {"columns", in[2], out[2], attr.window_w, attr.stride_w, 1, attr.pad_left}, true));
  const int64_t rows = attr.window_h < in[1] ? attr.window_h : in[1];
  const int64_t columns = attr.window_w < in[2] ? attr.window_w : in[2];
  const int64_t most = op.input[0].dtype == DType::kInt16 ? 0xFFFF : 1 << 23;  // sums fit int32
  COVEY_TRY(check.Between("pixels in a window", rows * columns, 1, most));
  return check.OutputRange(0, attr.activation_min, attr.activation_max);
}

}  // namespace covey::kernels
