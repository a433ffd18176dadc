// ToColours makes pixels of samples, in place.
//
//   half-size colours: 3/4 of the nearest sample and 1/4 of the next, each way
//   R = Y + 1.402 (Cr - 128), G = Y - 0.34414 (Cb - 128) - 0.71414 (Cr - 128), B = Y + 1.772 (Cb -
//   128)
//
// Exact: the bytes of decoders that spread colours by a triangle ("fancy"), in 16 bits.
// Source: JFIF 1.02 for the colours; an Adobe marker or components called R, G, B mean RGB as it
// is.
#pragma once

#include "kernels/ref/jpeg_state.hpp"

namespace covey::kernels::ref {

// `rows`: six of half the width, to work in.
void ToColours(const JpegState& state, const JpegPixels& pixels, uint8_t* rows);

}  // namespace covey::kernels::ref
