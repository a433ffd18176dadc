#include "kernels/conv_checks.hpp"

#include "kernels/skip_list.hpp"
#include "kernels/window.hpp"

namespace covey::kernels {
namespace {

bool MayBeNarrow(const OpView& op) {
  return op.input[1].dtype == DType::kInt4 &&
         (op.op == Op::kConv2D || op.op == Op::kFullyConnected);
}

// int4: in rows, or with lists beside them; of int8 activations.
Status CheckNarrow(const Check& check, const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  COVEY_TRY(check.Is("input of int4 weights", op.input[0], DType::kInt8));
  COVEY_TRY(check.Equal("weights offset, of int4", attr.weights_offset, 0));
  const bool lists = op.op == Op::kConv2D && HoldsLists(attr.weights_order);
  const bool positions = op.op == Op::kConv2D && attr.weights_order == kWeightByPosition;
  return lists || positions ? OkStatus()
                            : check.Equal("weights order, of int4", attr.weights_order, 0);
}

}  // namespace

Status CheckConvTypes(const Check& check, const OpView& op, int64_t channels) {
  COVEY_TRY(check.IsNumbers("input", op.input[0]));
  const bool floats = op.input[0].dtype == DType::kFloat32;
  if (MayBeNarrow(op)) {
    COVEY_TRY(CheckNarrow(check, op));
  } else {
    COVEY_TRY(check.Is("weights", op.input[1], floats ? DType::kFloat32 : DType::kInt8));
  }
  COVEY_TRY(check.Is("output", op.output[0], op.input[0].dtype));
  const TensorView& bias = op.input[2];
  if (bias.dtype == DType::kNone) return OkStatus();
  const bool wide = op.input[0].dtype == DType::kInt16 && bias.dtype == DType::kInt64;
  const DType whole = wide ? DType::kInt64 : DType::kInt32;
  COVEY_TRY(check.Is("bias", bias, floats ? DType::kFloat32 : whole));
  return check.Equal("number of biases", bias.elements(), channels);
}

Status CheckConvWindows(const Check& check, const OpView& op) {
  const auto& attr = op.attr_as<ConvAttr>();
  COVEY_TRY(check.IsRank("input", op.input[0], 4));
  COVEY_TRY(check.IsRank("weights", op.input[1], 4));
  COVEY_TRY(check.IsRank("output", op.output[0], 4));
  const auto in = op.input[0].dims, filter = op.input[1].dims, out = op.output[0].dims;
  COVEY_TRY(check.Equal("output batch", out[0], in[0]));
  COVEY_TRY(check.Equal("output channels", out[3], op.input[1].dims[op.op == Op::kConv2D ? 0 : 3]));
  COVEY_TRY(CheckSlide(
      check, {"rows", in[1], out[1], filter[1], attr.stride_h, attr.dilation_h, attr.pad_top},
      false));
  return CheckSlide(
      check, {"columns", in[2], out[2], filter[2], attr.stride_w, attr.dilation_w, attr.pad_left},
      false);
}

Status CheckConvNumbers(const Check& check, const OpView& op, int64_t terms, int64_t channels,
                        bool lists) {
  if (op.output[0].dtype == DType::kFloat32) return check.Between("terms", terms, 1, 0x7FFFFFFF);
  const auto& attr = op.attr_as<ConvAttr>();
  COVEY_TRY(check.InputOffset(op.input[0], attr.input_offset));
  COVEY_TRY(check.Between("weights offset", attr.weights_offset, -127, 128));
  if (op.input[0].dtype == DType::kInt16) {
    COVEY_TRY(check.OutputRange(attr.output_offset, attr.activation_min, attr.activation_max));
    // 64-bit sums are scaled by other arithmetic, which shifts left by 7 at most.
    return check.ChannelScaling(channels, op.input[2].dtype == DType::kInt32 ? 31 : 7);
  }
  const int64_t most_weight = attr.weights_offset == 0 ? 128 : 256;
  COVEY_TRY(check.Between("terms of one sum", terms, 1, 0x7FFFFFFF / (255 * most_weight)));
  COVEY_TRY(check.OutputRange(attr.output_offset, attr.activation_min, attr.activation_max));
  return check.ChannelScaling(channels, 31, lists);
}

}  // namespace covey::kernels
