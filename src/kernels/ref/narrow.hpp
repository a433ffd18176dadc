// Convolutions and fully connected ops of int8 whose weights are int4 (kernels/nibbles.hpp).
#pragma once

#include "core/op_view.hpp"

namespace covey::kernels::ref {

void RunNarrowConv2D(const OpView& op);
void RunNarrowFullyConnected(const OpView& op);

}  // namespace covey::kernels::ref
