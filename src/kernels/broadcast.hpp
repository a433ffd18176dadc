// CheckBroadcast is what prepare asks of an operand that may be smaller than the output: dimensions
// align at the last, and an operand's may be 1 where the output's is not.
//
//   COVEY_TRY(CheckBroadcast(check, op.input[0], op.output[0]));
#pragma once

#include "kernels/check.hpp"

namespace covey::kernels {

Status CheckBroadcast(const Check& check, const TensorView& in, const TensorView& out);

}  // namespace covey::kernels
