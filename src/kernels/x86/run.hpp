// The runs of x86-64. Each gives the bytes of its namesake in ref/, and runs that one where the op
// has no pack (pack.hpp).
#pragma once

#include "core/op_view.hpp"

namespace covey::kernels::x86 {

void RunConv2D(const OpView& op);
void RunFullyConnected(const OpView& op);
void RunBatchMatMul(const OpView& op);
void RunFloatProducts(const OpView& op);  // a packed conv2d or fully_connected of floats
void RunDepthwiseConv2D(const OpView& op);
void RunAdd(const OpView& op);
void RunAveragePool2D(const OpView& op);
void RunMaxPool2D(const OpView& op);
void RunMean(const OpView& op);
void RunSoftmax(const OpView& op);
void RunQuantize(const OpView& op);
void RunRelu(const OpView& op);

}  // namespace covey::kernels::x86
