#include "kernels/ref/jpeg_huffman.hpp"

#include "kernels/ref/jpeg_standard.hpp"

namespace covey::kernels::ref {
namespace {

constexpr int kLengths = 16, kLook = 8;

// A difference of DC has at most 11 bits; a coefficient of AC 10, of which no end has any.
bool IsSymbol(uint8_t symbol, bool ac) {
  if (!ac) return symbol <= 11;
  const int bits = symbol & 15;
  return bits == 0 ? symbol == 0 || symbol == 0xF0 : bits <= 10;
}

}  // namespace

std::span<const uint8_t> StandardCodes(int table) {
  switch (table) {
    case 0:
      return kDcOfBrightness;
    case 1:
      return kDcOfColour;
    case 2:
      return kAcOfBrightness;
    default:
      return kAcOfColour;
  }
}

bool MakeHuffman(const uint8_t* codes, int32_t symbols, bool ac, HuffmanTable& table) {
  const uint8_t* const symbol = codes + kLengths;
  __builtin_memset(table.look, 0, sizeof table.look);
  int32_t code = 0, place = 0;  // `code` as one of this length
  for (int length = 1; length <= kLengths; ++length) {
    const int32_t count = codes[length - 1];
    code <<= 1;
    // All ones is no code.
    if (count > symbols - place || (count > 0 && code + count >= int32_t{1} << length))
      return false;
    if (length > kLook) table.first[length - kLook - 1] = place - code;
    for (int32_t i = 0; i < count; ++i, ++code, ++place) {
      if (!IsSymbol(symbol[place], ac)) return false;
      if (length > kLook) continue;
      const int32_t from = code << (kLook - length);
      for (int32_t look = from; look < from + (1 << (kLook - length)); ++look)
        table.look[look] = static_cast<uint16_t>(length << 8 | symbol[place]);
    }
    if (length > kLook) table.end[length - kLook - 1] = code << (kLengths - length);
  }
  table.count = place;
  return place == symbols && place > 0;
}

}  // namespace covey::kernels::ref
