#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {
namespace {

Status CheckShapes(const Check& check, const OpView& op, int32_t rank) {
  const TensorView &in = op.input[0], &feature = op.input[1], &time = op.input[2];
  const TensorView &bias = op.input[3], &state = op.input[4], &out = op.output[0];
  for (const TensorView* tensor : {&in, &feature, &time, &state, &out})
    COVEY_TRY(check.IsRank("tensor", *tensor, 2));
  const int32_t filters = feature.dims[0], memory = time.dims[1], units = out.dims[1];
  COVEY_TRY(check.Equal("feature weights' columns", feature.dims[1], in.dims[1]));
  COVEY_TRY(check.Equal("time weights' rows", time.dims[0], filters));
  COVEY_TRY(check.Between("rank", rank, 1, filters));
  COVEY_TRY(check.Equal("units times rank", int64_t{units} * rank, filters));
  COVEY_TRY(check.Equal("output batch", out.dims[0], in.dims[0]));
  COVEY_TRY(check.Equal("state's rows", state.dims[0], in.dims[0]));
  COVEY_TRY(check.Equal("state's columns", state.dims[1], int64_t{filters} * memory));
  if (bias.dtype == DType::kNone) return OkStatus();
  COVEY_TRY(check.Is("bias", bias, DType::kInt32));
  return check.Equal("number of biases", bias.elements(), units);
}

}  // namespace

Status PrepareSvdf(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(3, 5, 1));
  const TensorView& state = op.input[4];
  COVEY_TRY(check.Is("input", op.input[0], DType::kInt8));
  COVEY_TRY(check.Is("feature weights", op.input[1], DType::kInt8));
  COVEY_TRY(check.IsActivation("state", state));
  COVEY_TRY(check.IsState("state", state));
  COVEY_TRY(check.Is("time weights", op.input[2], state.dtype));
  COVEY_TRY(check.Is("output", op.output[0], DType::kInt8));
  const auto& attr = op.attr_as<SvdfAttr>();
  COVEY_TRY(CheckShapes(check, op, attr.rank));
  // 255 * 128 a term; the sums over time are taken modulo 2^32.
  COVEY_TRY(check.Between("inputs", op.input[0].dims[1], 1, 0x7FFFFFFF / (255 * 128)));
  COVEY_TRY(check.Between("input zero point", attr.input_zero_point, -128, 127));
  COVEY_TRY(check.Scaling(attr.feature_multiplier, attr.feature_shift));
  COVEY_TRY(check.Scaling(attr.output_multiplier, attr.output_shift));
  return check.OutputRange(attr.output_offset, attr.activation_min, attr.activation_max);
}

}  // namespace covey::kernels
