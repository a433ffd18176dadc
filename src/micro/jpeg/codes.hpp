// JpegCodes is a Huffman code of the standard as a writer needs it: bits by symbol.
//
//   constexpr auto kCodes = MakeJpegCodes<162>(kAcOfBrightness, &AcPlace);
//   kCodes.bits[AcPlace(0xF0)], kCodes.count[AcPlace(0xF0)]      // the code, how many bits it has
//
// Memory: constants; symbols are packed by a place function, since few of 256 occur.
// Source: ITU-T T.81, Annex C.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/ref/jpeg_standard.hpp"

namespace covey::micro {

template <size_t kSymbols>
struct JpegCodes {
  uint16_t bits[kSymbols];
  uint8_t count[kSymbols];
};

constexpr uint32_t kDcSymbols = 12, kAcSymbols = 162;

// A symbol of DC is the size of the difference.
constexpr uint32_t DcPlace(uint32_t symbol) { return symbol; }

// A symbol of AC: zeros << 4 | size (1 to 10), no more (0), or 16 zeros (F0).
constexpr uint32_t AcPlace(uint32_t symbol) {
  if ((symbol & 15) == 0) return symbol == 0 ? 160 : 161;
  return (symbol >> 4) * 10 + (symbol & 15) - 1;
}

template <size_t kSymbols>
constexpr JpegCodes<kSymbols> MakeJpegCodes(const uint8_t (&table)[16 + kSymbols],
                                            uint32_t (*place)(uint32_t)) {
  JpegCodes<kSymbols> made = {};
  uint32_t code = 0;
  const uint8_t* symbol = table + 16;
  for (uint8_t length = 1; length <= 16; ++length, code <<= 1)
    for (int i = 0; i < table[length - 1]; ++i, ++code, ++symbol) {
      made.bits[place(*symbol)] = static_cast<uint16_t>(code);
      made.count[place(*symbol)] = length;
    }
  return made;
}

// 0 of brightness, 1 of colours.
inline constexpr JpegCodes<kDcSymbols> kDcCodes[2] = {
    MakeJpegCodes<kDcSymbols>(kernels::ref::kDcOfBrightness, &DcPlace),
    MakeJpegCodes<kDcSymbols>(kernels::ref::kDcOfColour, &DcPlace)};
inline constexpr JpegCodes<kAcSymbols> kAcCodes[2] = {
    MakeJpegCodes<kAcSymbols>(kernels::ref::kAcOfBrightness, &AcPlace),
    MakeJpegCodes<kAcSymbols>(kernels::ref::kAcOfColour, &AcPlace)};

}  // namespace covey::micro
