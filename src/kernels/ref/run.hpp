// The reference loops, one for each op of core/op.hpp. Each trusts what its prepare
// (kernels/prepare.hpp) has checked.
#pragma once

#include "core/op_view.hpp"

namespace covey::kernels::ref {

void RunConv2D(const OpView& op);
void RunDepthwiseConv2D(const OpView& op);
void RunFullyConnected(const OpView& op);
void RunAdd(const OpView& op);
void RunAveragePool2D(const OpView& op);
void RunMaxPool2D(const OpView& op);
void RunMean(const OpView& op);
void RunSoftmax(const OpView& op);
void RunReshape(const OpView& op);
void RunPad(const OpView& op);
void RunQuantize(const OpView& op);
void RunDequantize(const OpView& op);
void RunRelu(const OpView& op);
void RunTranspose(const OpView& op);

}  // namespace covey::kernels::ref
