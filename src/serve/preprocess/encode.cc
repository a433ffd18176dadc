#include "serve/preprocess/encode.hpp"

#include <png.h>
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

Status CheckPixels(const Picture& picture, Diag& diag) {
  const bool known = picture.channels == 1 || picture.channels == 3;
  const size_t size = size_t{picture.width} * picture.height * picture.channels;
  if (known && size > 0 && picture.pixels.size() == size) return OkStatus();
  diag.Report({.subject = "picture", .problem = "expected RGB or gray pixels to encode"});
  return Status(Code::kInvalidArgument, "picture: nothing to encode");
}

}  // namespace

Result<std::vector<std::byte>> EncodeJpeg(const Picture& picture, const JpegForm& form,
                                          Diag& diag) {
  COVEY_TRY(CheckPixels(picture, diag));
  const bool gray = picture.channels == 1;
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

Result<std::vector<std::byte>> EncodePng(const Picture& picture, Diag& diag) {
  COVEY_TRY(CheckPixels(picture, diag));
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = picture.width, image.height = picture.height;
  image.format = picture.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::byte> bytes(size);
  const int made =
      png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0, nullptr);
  if (made == 0) {
    diag.Report({.subject = "PNG", .problem = image.message});
    return Status(Code::kInternal, "PNG: cannot be encoded");
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace covey::serve
