// ReadSegments reads what stands between the coded data of a JPEG stream, and checks it once.
//
//   fault = ReadSegments(stream, state);   // up to the next scan's data
//   if (state.scanned == 0) ...            // the picture's end
//
// After it, the scan's components, tables and steps are there and fit together. state.height and
// state.width are what the picture has to have.
#pragma once

#include "kernels/jpeg_fault.hpp"
#include "kernels/ref/jpeg_state.hpp"

namespace covey::kernels::ref {

JpegFault ReadSegments(JpegStream& stream, JpegState& state);

}  // namespace covey::kernels::ref
