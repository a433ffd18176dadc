// DecodeScan reads the coded data of one scan and writes its samples where their pixels will stand.
//
//   fault = DecodeScan(stream, state, {output, 3});   // after ReadSegments
//
// The stream stands at the next marker afterwards.
#pragma once

#include "kernels/jpeg_fault.hpp"
#include "kernels/ref/jpeg_state.hpp"

namespace covey::kernels::ref {

JpegFault DecodeScan(JpegStream& stream, JpegState& state, const JpegPixels& to);

}  // namespace covey::kernels::ref
