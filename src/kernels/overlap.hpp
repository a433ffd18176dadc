// Overlap says how an op's output may share bytes with an input that dies with the op. Kernels walk
// the output from its first byte to its last, so it may run ahead of the input by a `lead`:
//
//   output   |====== written ======>.................|
//   input          |.... no longer needed ....|===== still needed =====|
//            <lead>
//
//   const Sharing sharing = SharingOf(op, 0);
//   if (MayShare(sharing, op, 0, input_offset - output_offset)) ...
//
// The rule that every kernel of every target keeps, on these ops:
//
// - conv2d, depthwise_conv2d, pools: output pixels in row-major order, and no byte of pixel p is
//   written over input that pixel p or a later one still needs. The lead is the least number with
//   end of pixel p <= lowest byte that pixels >= p need + lead, for every p; a kernel may store a
//   pixel in pieces while it still reads for it.
// - depthwise_conv2d (multiplier 1) and pools may also finish one channel after another: the two
//   places lie a multiple of a pixel apart, so that a channel only writes over itself. A channel
//   that has been stored is not read again.
// - element-wise ops go upwards: what is read for one step is read before that step is written.
//
// - reshape, slice and concatenation, the latter two where they take or join whole entries of the
//   outermost dimension that is not 1, move nothing when one tensor lies in the other at its place.
//
// A kernel that needs more than the lead (one that writes two rows at once, say) looks at the
// distance when it runs, and takes a loop that needs no more if it is too short. All other ops, and
// conv2d in groups, take their tensors as apart.
//
// Exact: with any distance that MayShare accepts the output's bytes are those of tensors apart.
// Source: the in-place schedules of MCU engines ("diagonal" memory planning), here per pixel.
#pragma once

#include <cstdint>

#include "core/op_view.hpp"

namespace covey::kernels {

struct Sharing {
  enum class How : uint8_t { kNever, kAtPlace, kAhead };
  How how = How::kNever;
  int64_t lead = 0;  // bytes by which the output begins before the input: kAtPlace exactly so many,
                     // kAhead at least
  int64_t step = 1;  // kAhead: and the distance is a multiple of this
};

// Of output 0 and input `input`. Reads types, dimensions and attributes that prepare has accepted.
Sharing SharingOf(const OpView& op, int input);

// Whether the input may begin `distance` bytes behind the output (before it, if negative).
bool MayShare(const Sharing& sharing, const OpView& op, int input, int64_t distance);

}  // namespace covey::kernels
