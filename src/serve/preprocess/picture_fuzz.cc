// Any bytes as a picture that a client sends: JPEG or PNG by the first byte, or raw pixels of the
// size in the next two. A picture has the pixels that its size says, and may be resized.
#include <cstdlib>

#include "core/host/diag_text.hpp"
#include "serve/preprocess/picture.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace covey;
  if (size < 3) return 0;
  constexpr ImageFormat kFormats[] = {ImageFormat::kJpeg, ImageFormat::kPng, ImageFormat::kRawRgb8,
                                      ImageFormat::kRawGray8};
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(3);
  DiagText diag;
  const auto picture = serve::DecodePicture(
      {.format = kFormats[data[0] % 4], .width = data[1], .height = data[2], .bytes = bytes}, diag);
  if (!picture.ok()) {
    if (diag.Text().empty()) std::abort();
    return 0;
  }
  const size_t pixels = size_t{picture->width} * picture->height;
  if (pixels == 0 || pixels > serve::kMaxPixels) std::abort();
  if (picture->pixels.size() != pixels * picture->channels) std::abort();
  if (pixels > 1 << 16) return 0;  // as good, and faster
  const serve::Picture small =
      serve::Resize(serve::ToChannels(*picture, 4 - picture->channels), 7, 5);
  if (small.pixels.size() != 35U * small.channels) std::abort();
  return 0;
}
