// JpegWriter turns rows of pixels into a baseline JPEG stream, strip by strip, in room of the
// caller's: what a device sends of its camera's picture where the link is slow.
//
//   pixels -> brightness, colours -> 8x8 blocks -> cosines -> / steps -> Huffman codes
//
//   JpegWriter jpeg({.width = 96, .height = 96, .quality = 80}, room);
//   for (uint32_t y = 0; y < 96; y += jpeg.strip_rows())
//     COVEY_TRY(jpeg.Add(pixels.subspan(y * 96 * 3, jpeg.strip_rows() * 96 * 3)));
//   COVEY_TRY_ASSIGN(const size_t bytes, jpeg.End());
//
// Shapes: rows (strip_rows, width, channels), RGB or gray; the last strip has the rows left.
// Memory: the stream lies in `room`, which is borrowed; the writer itself takes under 400 bytes.
// Exact: the bytes of libjpeg's integer encoder ("islow") with the standard's tables.
// Errors: kInvalidArgument (the form, or a strip of another size), kFailedPrecondition (End before
// the last row), kResourceExhausted (the room is too small; from then on nothing is computed).
// Source: ITU-T T.81 (Annexes A, B, F, K).
#pragma once

#include "core/status.hpp"
#include "micro/jpeg/bits.hpp"

namespace covey::micro {

struct JpegForm {
  uint32_t width = 0, height = 0;  // 1 to 65,535
  uint32_t channels = 3;           // RGB; 1: gray
  uint32_t quality = 75;           // 1 to 100, as libjpeg counts
  bool half_colours = true;        // at half the width and height (4:2:0); else 4:4:4
  bool bare = false;               // without JFIF header and Huffman tables (docs/spec/rpc.md)
};

struct JpegStrip;

class JpegWriter {
 public:
  JpegWriter(const JpegForm& form, std::span<std::byte> room);

  Status status() const { return status_; }
  uint32_t strip_rows() const { return 8 * side(); }
  Status Add(std::span<const std::byte> rows);
  Result<size_t> End();  // how many bytes of the room

 private:
  // Of a unit, in blocks of brightness.
  uint32_t side() const { return form_.channels == 3 && form_.half_colours ? 2 : 1; }
  void MakeSteps(uint32_t table);
  void WriteHeader();
  void WriteUnit(const JpegStrip& strip, uint32_t x);
  void WriteBlock(const JpegStrip& strip, uint32_t colour, uint32_t x, uint32_t y);

  JpegForm form_;
  JpegBits bits_;
  Status status_;
  uint32_t rows_left_ = 0;
  int32_t last_[3] = {};        // the first coefficient of the last block, of each colour
  uint16_t steps_[2][64] = {};  // of brightness and colours, in the order of the stream
};

// All of a picture that lies in memory; how many bytes of the room.
Result<size_t> EncodeJpeg(const JpegForm& form, std::span<const std::byte> pixels,
                          std::span<std::byte> room);

}  // namespace covey::micro
