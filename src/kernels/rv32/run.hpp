// The loops for RV32IM, a core with a multiplier and nothing wider. Each gives the bytes of its
// namesake in ref/, and runs that one where the op's scratch (scratch.hpp) or numbers leave no
// choice.
#pragma once

#include "core/op_view.hpp"

namespace covey::kernels::rv32 {

void RunConv2D(const OpView& op);
void RunDepthwiseConv2D(const OpView& op);
void RunFullyConnected(const OpView& op);
void RunAdd(const OpView& op);
void RunMul(const OpView& op);
void RunUnary(const OpView& op);

}  // namespace covey::kernels::rv32
