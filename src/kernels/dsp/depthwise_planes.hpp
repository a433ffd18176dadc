// RunPlanar makes four channels of a depthwise convolution from their planes (planes.hpp), band by
// band of output rows as scratch allows: windows of 3x3, 5x5 and 7x7 with strides of 1 and 2.
//
//   const PlanarLayout layout(op);
//   if (layout.applies && four.fast) RunPlanar(op, finish, layout, four);
#pragma once

#include "kernels/dsp/four.hpp"
#include "kernels/dsp/scratch.hpp"

namespace covey::kernels::dsp {

void RunPlanar(const OpView& op, const Finish& finish, const PlanarLayout& layout,
               const Four& four);

}  // namespace covey::kernels::dsp
