// Picture is decoded pixels; DecodePicture makes one of raw pixels, a JPEG or a PNG.
//
//   COVEY_TRY_ASSIGN(Picture picture, DecodePicture({.format = ImageFormat::kJpeg, .bytes = bytes},
//                                                   diag));
//
// Shapes: (height, width, channels), row-major; channels is 3 (RGB) or 1 (gray).
// Errors: kInvalidArgument with a Finding that says what was found and expected. A picture's header
// is checked against kMaxSide and kMaxPixels before memory is taken for its pixels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/diag.hpp"
#include "core/status.hpp"
#include "covey/covey.hpp"

namespace covey::serve {

inline constexpr uint32_t kMaxSide = 16384;
inline constexpr uint64_t kMaxPixels = 16'000'000;

struct EncodedPicture {
  ImageFormat format = ImageFormat::kRawRgb8;
  uint32_t width = 0, height = 0;  // raw pixels
  std::span<const std::byte> bytes;
};

struct Picture {
  uint32_t width = 0, height = 0, channels = 0;
  std::vector<uint8_t> pixels;
};

Result<Picture> DecodePicture(const EncodedPicture& encoded, Diag& diag);

// Both for pictures with the same number of channels in and out.
Picture Resize(const Picture& picture, uint32_t width,
               uint32_t height);  // bilinear, by pixel centres
Picture CropCenter(const Picture& picture, uint32_t width, uint32_t height);  // no larger than it
Picture ToChannels(const Picture& picture, uint32_t channels);  // RGB <-> gray (Rec. 601)

}  // namespace covey::serve
