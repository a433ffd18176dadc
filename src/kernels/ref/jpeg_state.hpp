// JpegState is what the baseline JPEG decoder knows while it reads a stream.
//
//   Picture coded as 8x8 blocks -> Huffman codes -> coefficients * steps -> inverse cosine
//   transform
//     -> samples, written where the picture's pixels will stand -> colours, in place
//
// A sample of colour c that stands for the pixels from (y, x) on is kept in byte c of pixel (y, x)
// of the output, so a picture is decoded in the room that it takes; three rows of half-size colours
// are copied aside while pixels take their place.
//
// Memory: the state stands at the front of the op's work. Positions in the stream are offsets, so
// that it is as large on every target.
// Source: ITU-T T.81 (Annexes A to C, F, K.3).
#pragma once

#include <cstddef>
#include <cstdint>

namespace covey::kernels::ref {

// The place, row by row, of each coefficient in the order of the stream.
inline constexpr uint8_t kZigzag[64] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

struct HuffmanTable {
  uint16_t look[256];  // by the next 8 bits: length << 8 | symbol; 0: a longer code
  int32_t end[8];      // by length, from 9 on: codes as 16 bits below it are no longer than that
  int32_t first[8];    // what is added to a code of that length for its symbol's place
  int32_t symbols;     // where they begin in the stream; -1 - i: of standard table i
  int32_t count;       // 0: no such table
};

struct JpegComponent {
  int32_t id, h, v, steps;
  int32_t height, width;  // in samples
  int32_t dc, ac;         // of huffman below, in this scan
  int32_t last_dc;
  int32_t seen;  // 1: a scan had it
};

struct JpegState {
  HuffmanTable huffman[4];  // 0, 1 of DC; 2, 3 of AC
  uint16_t steps[4][64];    // in the order of the stream
  int32_t has_steps[4];
  int32_t block[64];
  JpegComponent component[3];
  int32_t components;  // 0: no frame yet
  int32_t height, width;
  int32_t h, v;  // the largest of the components'
  int32_t restart_interval;
  int32_t jfif, adobe;  // adobe: its transform + 1
  int32_t scanned;      // how many components this scan has, 0 at the picture's end
  int32_t scan[3];
};

inline constexpr int64_t kJpegStateWords = sizeof(JpegState) / 4;

constexpr int64_t JpegWorkWords(int64_t width, int64_t channels) {
  return kJpegStateWords + (channels == 3 ? (6 * ((width + 1) / 2) + 3) / 4 : 0);
}

// Bytes of the stream, from `at` on.
struct JpegStream {
  const uint8_t* bytes;
  int32_t size, at;

  bool Has(int32_t count) const { return count <= size - at; }
  int32_t Word() const { return bytes[at] << 8 | bytes[at + 1]; }
};

// Where decoded samples go: `channels` bytes a pixel; colours past them are dropped.
struct JpegPixels {
  uint8_t* bytes;
  int32_t channels;
};

inline uint8_t ToByte(int32_t value) {
  return static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

}  // namespace covey::kernels::ref
