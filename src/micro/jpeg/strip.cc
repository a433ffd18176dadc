#include "micro/jpeg/strip.hpp"

namespace covey::micro {
namespace {

constexpr uint32_t kBlock = 8, kRgb = 3;

// Brightness less 128, blue and red differences, in 1/65,536.
struct Weights {
  int32_t red, green, blue, add;
};
constexpr Weights kColours[3] = {{19595, 38470, 7471, 32768 - (128 << 16)},
                                 {-11059, -21709, 32768, 32767},
                                 {32768, -27439, -5329, 32767}};

int32_t Of(const uint8_t* rgb, const Weights& of) {
  return (rgb[0] * of.red + rgb[1] * of.green + rgb[2] * of.blue + of.add) >> 16;
}

// Eight samples from x on, of a row whose last pixel is number `last`.
void Gray(const uint8_t* row, uint32_t x, uint32_t last, int32_t* to) {
  for (const int32_t* const end = to + kBlock; to < end; ++x) *to++ = row[Least(x, last)] - 128;
}

void Whole(const uint8_t* row, uint32_t x, uint32_t last, const Weights& of, int32_t* to) {
  for (const int32_t* const end = to + kBlock; to < end; ++x)
    *to++ = Of(row + kRgb * Least(x, last), of);
}

// Of two rows, in place of one: the sum of two pixels each.
void Pairs(const uint8_t* row, uint32_t x, uint32_t last, const Weights& of, int32_t* to) {
  for (const int32_t* const end = to + kBlock; to < end; x += 2)
    *to++ += Of(row + kRgb * Least(x, last), of) + Of(row + kRgb * Least(x + 1, last), of);
}

}  // namespace

void JpegStrip::Fill(uint32_t side, uint32_t colour, uint32_t x, uint32_t y, int32_t* block) const {
  const size_t row_bytes = size_t{width} * channels;
  const uint32_t last = width - 1, shift = side - 1;
  const Weights& of = kColours[colour];
  for (uint32_t i = 0; i < kBlock; ++i, block += kBlock) {
    const uint32_t row = Least(y + i, (rows - 1) >> shift) << shift;
    const uint8_t* const upper = pixels + row * row_bytes;
    if (channels == 1) {
      Gray(upper, x, last, block);
    } else if (side == 1) {
      Whole(upper, x, last, of, block);
    } else {
      for (uint32_t j = 0; j < kBlock; ++j) block[j] = 1 + static_cast<int32_t>(j % 2);
      Pairs(upper, 2 * x, last, of, block);
      Pairs(pixels + Least(row + 1, rows - 1) * row_bytes, 2 * x, last, of, block);
      for (uint32_t j = 0; j < kBlock; ++j) block[j] >>= 2;
    }
  }
}

}  // namespace covey::micro
