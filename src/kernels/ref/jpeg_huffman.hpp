// Huffman tables of JPEG: 16 numbers of codes by length, then their symbols.
//
//   HuffmanTable table;
//   const bool fits = MakeHuffman(codes, symbols, ac, table);
//
// Source: ITU-T T.81, Annexes C and K.3.
#pragma once

#include <span>

#include "kernels/ref/jpeg_state.hpp"

namespace covey::kernels::ref {

// Table 0 to 3: DC of brightness, of colour, AC of brightness, of colour. Decoders take them
// where a stream has none, as in Motion-JPEG.
std::span<const uint8_t> StandardCodes(int table);

// False if `codes` (16 numbers, then `symbols` bytes) are no prefix code of what 8-bit pictures
// need.
bool MakeHuffman(const uint8_t* codes, int32_t symbols, bool ac, HuffmanTable& table);

}  // namespace covey::kernels::ref
