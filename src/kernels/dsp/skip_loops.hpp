// The loops over skip lists (kernels/skip_list.hpp), in assembly: dot2x4 and Winograd's products
// without the steps that are zero.
//
// A code is a place in a table of addresses on the stack: LDR PC, [SP, code * 4] goes straight to
// the piece that multiplies just the steps its mask keeps, with offsets that stand in the
// instructions. Three instructions for each four steps are all that skipping costs; a step that is
// gone saves eleven.
#pragma once

#include <cstdint>

#include "kernels/dsp/dot2x4.hpp"
#include "kernels/dsp/winograd_loops.hpp"

namespace covey::kernels::dsp {

// As covey_dsp_dot2x4, but `w` is one pair's list and `skip` what SetOvershoot says.
extern "C" void covey_dsp_skip_quads(const TwoByFour* job);

// The last group's steps that do not exist are passed over all the same.
inline void SetOvershoot(TwoByFour& job, int32_t steps) { job.skip = (-steps & 3) * 16; }

extern "C" void covey_dsp_copy_words(const uint32_t* from, uint32_t* to, int32_t words);

// sums[position][8], as covey_dsp_winograd_multiply, or with `turns` as
// covey_dsp_winograd_by_position. Channels are a multiple of 8.
extern "C" void covey_dsp_skip_winograd(const uint32_t* v, const uint32_t* list, int32_t* sums,
                                        const WinogradTurns* turns);

}  // namespace covey::kernels::dsp
