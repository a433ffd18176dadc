// The loops for cores with Helium, the vector extension of Armv8.1-M (Cortex-M55, M85). Each gives
// the bytes of its namesake in ref/, and runs that one where the op's scratch (scratch.hpp) or
// numbers leave no choice.
#pragma once

#include "core/op_view.hpp"

namespace covey::kernels::mve {

void RunConv2D(const OpView& op);
void RunDepthwiseConv2D(const OpView& op);
void RunFullyConnected(const OpView& op);
void RunAdd(const OpView& op);
void RunAveragePool2D(const OpView& op);
void RunMaxPool2D(const OpView& op);
void RunMean(const OpView& op);
void RunMul(const OpView& op);
void RunUnary(const OpView& op);

}  // namespace covey::kernels::mve
