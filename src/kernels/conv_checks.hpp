// What conv2d, depthwise_conv2d and fully_connected check alike.
#pragma once

#include "kernels/check.hpp"

namespace covey::kernels {

// Input and output are int8, or both int16; weights are int8, or with int8 perhaps int4. The bias, if there is one, holds an
// int32 an output channel, or with int16 activations perhaps an int64.
Status CheckConvTypes(const Check& check, const OpView& op, int64_t channels);
// Input, weights and output are pictures, and the windows of `attr` fit them.
Status CheckConvWindows(const Check& check, const OpView& op);
// A sum over `terms` products fits int32 (int8 activations) or int64; offsets, output range and
// multipliers are in range. `lists`: of int8, params may hold more than multipliers and shifts.
Status CheckConvNumbers(const Check& check, const OpView& op, int64_t terms, int64_t channels,
                        bool lists = false);

}  // namespace covey::kernels
