#include "kernels/check.hpp"
#include "kernels/prepare.hpp"

namespace covey::kernels {
namespace {

Status CheckTypes(const Check& check, const OpView& op) {
  COVEY_TRY(check.Is("input", op.input[0], DType::kInt8));
  COVEY_TRY(check.Is("input weights", op.input[1], DType::kInt8));
  COVEY_TRY(check.Is("recurrent weights", op.input[2], DType::kInt8));
  COVEY_TRY(check.Is("bias", op.input[3], DType::kInt32));
  COVEY_TRY(check.Is("output state", op.input[4], DType::kInt8));
  COVEY_TRY(check.Is("cell state", op.input[5], DType::kInt16));
  COVEY_TRY(check.IsState("output state", op.input[4]));
  COVEY_TRY(check.IsState("cell state", op.input[5]));
  return check.Is("output", op.output[0], DType::kInt8);
}

Status CheckShapes(const Check& check, const OpView& op, int32_t time_major) {
  COVEY_TRY(check.IsRank("input", op.input[0], 3));
  COVEY_TRY(check.IsRank("input weights", op.input[1], 3));
  COVEY_TRY(check.IsRank("recurrent weights", op.input[2], 3));
  COVEY_TRY(check.IsRank("bias", op.input[3], 2));
  COVEY_TRY(check.IsRank("output", op.output[0], 3));
  const auto in = op.input[0].dims, out = op.output[0].dims;
  const int32_t cells = out[2];
  const int64_t states = int64_t{cells} * in[time_major != 0 ? 1 : 0];
  COVEY_TRY(check.Equal("output's first dimension", out[0], in[0]));
  COVEY_TRY(check.Equal("output's second dimension", out[1], in[1]));
  for (int i : {1, 2}) {
    COVEY_TRY(check.Equal("gates of weights", op.input[i].dims[0], 4));
    COVEY_TRY(check.Equal("cells of weights", op.input[i].dims[1], cells));
  }
  COVEY_TRY(check.Equal("input weights' columns", op.input[1].dims[2], in[2]));
  COVEY_TRY(check.Equal("recurrent weights' columns", op.input[2].dims[2], cells));
  COVEY_TRY(check.Equal("rows of the bias", op.input[3].dims[0], 8));
  COVEY_TRY(check.Equal("columns of the bias", op.input[3].dims[1], cells));
  COVEY_TRY(check.Equal("output state's elements", op.input[4].elements(), states));
  return check.Equal("cell state's elements", op.input[5].elements(), states);
}

}  // namespace

Status PrepareLstm(const OpView& op, Diag& diag) {
  const Check check(op, diag);
  COVEY_TRY(check.Counts(6, 6, 1));
  const auto& attr = op.attr_as<LstmAttr>();
  COVEY_TRY(check.Between("time major", attr.time_major, 0, 1));
  COVEY_TRY(CheckTypes(check, op));
  COVEY_TRY(CheckShapes(check, op, attr.time_major));
  constexpr int64_t kMostTerms = 0x7FFFFFFF / (128 * 128);
  COVEY_TRY(check.Between("inputs", op.input[0].dims[2], 1, kMostTerms));
  COVEY_TRY(check.Between("cells", op.output[0].dims[2], 1, kMostTerms));
  COVEY_TRY(check.Between("cell shift", attr.cell_shift, -15, -9));
  COVEY_TRY(check.Between("cell clip", attr.cell_clip, 0, 32767));
  COVEY_TRY(check.Between("hidden zero point", attr.hidden_zero_point, -128, 127));
  COVEY_TRY(check.Scaling(attr.hidden_multiplier, attr.hidden_shift));
  COVEY_TRY(check.Equal("number of parameters", static_cast<int64_t>(op.params.size()), 16));
  for (size_t i : {0, 1, 2, 3, 8, 9, 10, 11})
    COVEY_TRY(check.Scaling(op.params[i], op.params[i + 4]));
  return OkStatus();
}

}  // namespace covey::kernels
