// JpegFault is what was wrong with a picture that the jpeg op was given: the number it leaves in
// its verdict, and the words for it.
//
//   const Status status = JpegStatus(verdict);   // ok, or kInvalidArgument "jpeg: ends too early"
//
// Numbers are part of the image format (docs/spec/image.md).
#pragma once

#include <cstdint>

#include "core/status.hpp"

namespace covey::kernels {

#define COVEY_JPEG_FAULTS(ROW)                                                                   \
  ROW(kNoStart, 1, "jpeg: no picture, expected it to start with FF D8")                          \
  ROW(kMarker, 2, "jpeg: damaged, expected a marker where none stands")                          \
  ROW(kEndsEarly, 3, "jpeg: ends too early")                                                     \
  ROW(kSegment, 4, "jpeg: damaged, a segment's length or contents do not fit")                   \
  ROW(kProgressive, 5, "jpeg: is progressive, expected baseline")                                \
  ROW(kProcess, 6, "jpeg: is lossless, hierarchical or arithmetically coded, expected baseline") \
  ROW(kPrecision, 7, "jpeg: has samples of 12 bits or more, expected 8")                         \
  ROW(kSize, 8, "jpeg: has another width or height than the model takes")                        \
  ROW(kComponents, 9, "jpeg: has two or four colours (CMYK), expected three or gray")            \
  ROW(kSampling, 10, "jpeg: colours are sampled otherwise than 4:4:4, 4:2:2 or 4:2:0")           \
  ROW(kQuantisation, 11, "jpeg: a quantisation table is missing or damaged")                     \
  ROW(kHuffman, 12, "jpeg: a Huffman table is missing or damaged")                               \
  ROW(kScan, 13, "jpeg: damaged, a scan names components or tables that do not fit")             \
  ROW(kCode, 14, "jpeg: damaged, a code that no table has")                                      \
  ROW(kCoefficient, 15, "jpeg: damaged, a coefficient is out of range")                          \
  ROW(kRestart, 16, "jpeg: damaged, a restart marker is missing")                                \
  ROW(kScanMissing, 17, "jpeg: ends before every colour was seen")

enum class JpegFault : int32_t {
  kNone = 0,
#define COVEY_JPEG_ENUM(id, number, text) id = number,
  COVEY_JPEG_FAULTS(COVEY_JPEG_ENUM)
#undef COVEY_JPEG_ENUM
};

Status JpegStatus(int32_t verdict);

}  // namespace covey::kernels
