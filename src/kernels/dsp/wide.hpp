// Loops for int16 activations and int8 weights (16x8): four output channels at a time, in 32 bits as
// far as no sum can leave them, then in 64.
//
//   sum = x0 w0 + x1 w1 + ...     one load of four weights, two instructions that widen them, two
//                                 that multiply and add; x is loaded once for the four channels
//
// Exact: 508 products of int16 and int8 stay below 2^31.
#pragma once

#include "core/op_view.hpp"

namespace covey::kernels::dsp {

void RunWideConv2D(const OpView& op);
void RunWideFullyConnected(const OpView& op);
void RunWideDepthwiseConv2D(const OpView& op);

}  // namespace covey::kernels::dsp
