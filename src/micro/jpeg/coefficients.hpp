// WriteCoefficients puts a block's coefficients into the stream: divided by their steps, in the
// order of the stream, as Huffman codes.
//
//   WriteCoefficients(block, steps, /*table=*/0, last, bits);
//
// `block` has them times 8; `last` is the first one of the colour's block before, and becomes this
// one's. Table 0 is that of brightness, 1 of colours.
// Exact: halves are rounded away from 0. Source: ITU-T T.81, Annex F.1.
#pragma once

#include "micro/jpeg/bits.hpp"

namespace covey::micro {

void WriteCoefficients(const int32_t* block, const uint16_t* steps, uint32_t table, int32_t& last,
                       JpegBits& bits);

}  // namespace covey::micro
