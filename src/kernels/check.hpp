// Check is how a kernel's prepare refuses: each question either passes or says which op, which
// thing, what was found and what was expected.
//
//   Check check(op, diag);
//   COVEY_TRY(check.Counts(2, 3, 1));
//   COVEY_TRY(check.Is("input", op.input[0], DType::kInt8));
//   COVEY_TRY(check.Equal("output channels", channels, weights.dims[0]));
//
// Errors: kInvalidArgument, with a Finding such as "conv2d 'stage2/conv1': weights are int16,
// expected int8".
#pragma once

#include "core/diag.hpp"
#include "core/op_view.hpp"
#include "core/status.hpp"

namespace covey::kernels {

class Check {
 public:
  Check(const OpView& op, Diag& diag) : op_(op), diag_(diag) {}

  // The last inputs may be absent (dtype kNone) from `least` on.
  Status Counts(int least_inputs, int most_inputs, int outputs) const;
  Status Is(const char* what, const TensorView& tensor, DType dtype) const;
  // int8, int16 or float32.
  Status IsNumbers(const char* what, const TensorView& tensor) const;
  // int8 or int16: what quantised activations are made of.
  Status IsActivation(const char* what, const TensorView& tensor) const;
  // A tensor that the op may write: neither a constant nor what another op has computed.
  Status IsState(const char* what, const TensorView& tensor) const;
  Status IsRank(const char* what, const TensorView& tensor, int rank) const;
  Status Equal(const char* what, int64_t found, int64_t expected) const;
  Status Between(const char* what, int64_t found, int64_t least, int64_t most) const;
  // Same rank and dimensions.
  Status SameDims(const char* what, const TensorView& found, const TensorView& expected) const;

  // The following pass where the output is float32: it is not scaled.
  // What requantisation relies on: multiplier >= 0, shift within -31..most_shift.
  Status Scaling(int32_t multiplier, int32_t shift, int32_t most_shift = 31) const;
  // params = multiplier[channels], shift[channels], and what `more` says stands behind them.
  Status ChannelScaling(int64_t channels, int32_t most_shift = 31, bool more = false) const;
  // An input's zero point with its sign turned, as kernels add it; int16 has none.
  Status InputOffset(const TensorView& input, int32_t offset) const;
  // The output's zero point and the range of results, both within the output's type; int16 has
  // zero point 0.
  Status OutputRange(int32_t output_offset, int32_t least, int32_t most) const;

  Status Refuse(const char* what, const char* problem, int64_t found, int64_t expected) const;

 private:
  bool Floats() const { return op_.output[0].dtype == DType::kFloat32; }

  const OpView& op_;
  Diag& diag_;
};

}  // namespace covey::kernels
