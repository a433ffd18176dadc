#include "serve/preprocess/encode.hpp"

#include <turbojpeg.h>

#include <algorithm>
#include <memory>

namespace covey::serve {
namespace {

struct CloseEncoder {
  void operator()(void* handle) const { tjDestroy(handle); }
};
struct FreeBuffer {
  void operator()(unsigned char* bytes) const { tjFree(bytes); }
};

constexpr uint8_t kStartOfScan = 0xDA, kHuffman = 0xC4, kJfif = 0xE0;

// Without the segments that a decoder knows anyway. `jpeg` is our own encoder's: well formed.
std::vector<std::byte> Bare(std::span<const std::byte> jpeg) {
  std::vector<std::byte> to(jpeg.begin(), jpeg.begin() + 2);  // start of image
  size_t at = 2;
  while (at + 4 <= jpeg.size()) {
    const auto kind = static_cast<uint8_t>(jpeg[at + 1]);
    if (kind == kStartOfScan) break;
    const size_t size =
        2 + static_cast<size_t>(jpeg[at + 2]) * 256 + static_cast<size_t>(jpeg[at + 3]);
    const size_t end = std::min(at + size, jpeg.size());
    if (kind != kHuffman && kind != kJfif)
      to.insert(to.end(), jpeg.begin() + static_cast<std::ptrdiff_t>(at),
                jpeg.begin() + static_cast<std::ptrdiff_t>(end));
    at = end;
  }
  to.insert(to.end(), jpeg.begin() + static_cast<std::ptrdiff_t>(at), jpeg.end());
  return to;
}

}  // namespace

Result<std::vector<std::byte>> EncodeJpeg(const Picture& picture, const JpegForm& form,
                                          Diag& diag) {
  const bool gray = picture.channels == 1;
  const bool whole =
      picture.pixels.size() == size_t{picture.width} * picture.height * picture.channels;
  if (picture.pixels.empty() || !whole || (!gray && picture.channels != 3)) {
    diag.Report({.subject = "picture", .problem = "expected RGB or gray pixels to encode"});
    return Status(Code::kInvalidArgument, "JPEG: nothing to encode");
  }
  const std::unique_ptr<void, CloseEncoder> encoder(tjInitCompress());
  if (!encoder) return Status(Code::kResourceExhausted, "JPEG: no encoder");
  unsigned char* made = nullptr;
  unsigned long size = 0;
  const int colour = gray ? TJSAMP_GRAY : form.half_colour ? TJSAMP_420 : TJSAMP_444;
  const int failed =
      tjCompress2(encoder.get(), picture.pixels.data(), static_cast<int>(picture.width), 0,
                  static_cast<int>(picture.height), gray ? TJPF_GRAY : TJPF_RGB, &made, &size,
                  colour, std::clamp(form.quality, 1, 100), TJFLAG_ACCURATEDCT);
  const std::unique_ptr<unsigned char, FreeBuffer> bytes(made);
  if (failed != 0) {
    diag.Report({.subject = "JPEG", .problem = tjGetErrorStr2(encoder.get())});
    return Status(Code::kInternal, "JPEG: cannot be encoded");
  }
  const std::span<const std::byte> jpeg(reinterpret_cast<const std::byte*>(made), size);
  return form.bare ? Bare(jpeg) : std::vector<std::byte>(jpeg.begin(), jpeg.end());
}

}  // namespace covey::serve
