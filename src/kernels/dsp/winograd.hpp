// A 3x3 convolution by Winograd's F(2x2, 3x3) (kernels/winograd.hpp) with U in the image, as the
// op's fourth input.
//
//   for a batch of tiles, four by four:      V -> scratch
//     for two output channels, four tiles:   16 sums each -> scratch, then 16 output pixels each
//
// Memory: scratch.hpp.
#pragma once

#include "core/op_view.hpp"
#include "kernels/winograd.hpp"

namespace covey::kernels::dsp {

// False if the op has no U, or too little scratch, or its tensors lie too close, or its numbers
// are none for the fast epilogue: then nothing is done.
bool RunWinograd(const OpView& op);

}  // namespace covey::kernels::dsp
