// The loop over quads for weights that are literals of the code: generated C++ only
// (compiler/cpp/unpacked.hpp), which brings a piece of straight code for each pair of outputs.
//
// A piece adds its products to r4 to r11 (sums of output a and four pixels, of output b) from the
// windows at r0, may use r2, r3, r12 and lr, moves r0 to the next quad and ends with
// LDR PC, [SP, #52].
#pragma once

#include "kernels/dsp/dot2x4.hpp"

namespace covey::kernels::dsp {

// As covey_dsp_dot2x4, but `w` is the address of the pair's piece.
extern "C" void covey_dsp_unpacked_quads(const TwoByFour* job);

}  // namespace covey::kernels::dsp
