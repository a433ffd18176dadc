#include <png.h>
#include <turbojpeg.h>

#include <cstring>
#include <memory>
#include <string>

#include "serve/preprocess/picture.hpp"

namespace covey::serve {
namespace {

Status Refuse(Diag& diag, const char* subject, const std::string& problem) {
  diag.Report({.subject = subject, .problem = problem.c_str()});
  return Status(Code::kInvalidArgument, "image refused");
}

Status CheckSize(Diag& diag, const char* subject, uint64_t width, uint64_t height) {
  if (width >= 1 && height >= 1 && width <= kMaxSide && height <= kMaxSide &&
      width * height <= kMaxPixels)
    return OkStatus();
  return Refuse(diag, subject,
                std::to_string(width) + "x" + std::to_string(height) +
                    " pixels, expected 1 to 16384 a side and 16000000 in all at most");
}

const uint8_t* Raw(std::span<const std::byte> bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

Result<Picture> DecodeRaw(const EncodedPicture& in, uint32_t channels, Diag& diag) {
  COVEY_TRY(CheckSize(diag, "raw image", in.width, in.height));
  const size_t size = size_t{in.width} * in.height * channels;
  if (in.bytes.size() != size)
    return Refuse(diag, "raw image",
                  std::to_string(in.bytes.size()) + " bytes, expected " + std::to_string(size) +
                      " (" + std::to_string(in.width) + "x" + std::to_string(in.height) + "x" +
                      std::to_string(channels) + ")");
  return Picture{in.width, in.height, channels, {Raw(in.bytes), Raw(in.bytes) + size}};
}

struct CloseJpeg {
  void operator()(void* handle) const { tjDestroy(handle); }
};

Result<Picture> DecodeJpeg(std::span<const std::byte> bytes, Diag& diag) {
  const std::unique_ptr<void, CloseJpeg> jpeg(tjInitDecompress());
  if (!jpeg) return Status(Code::kResourceExhausted, "JPEG: no decoder");
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int color = 0;
  const auto size = static_cast<unsigned long>(bytes.size());
  if (bytes.empty() ||
      tjDecompressHeader3(jpeg.get(), Raw(bytes), size, &width, &height, &subsampling, &color) != 0)
    return Refuse(diag, "JPEG image", bytes.empty() ? "no bytes" : tjGetErrorStr2(jpeg.get()));
  COVEY_TRY(
      CheckSize(diag, "JPEG image", static_cast<uint64_t>(width), static_cast<uint64_t>(height)));
  const bool gray = color == TJCS_GRAY;
  Picture picture{static_cast<uint32_t>(width), static_cast<uint32_t>(height), gray ? 1U : 3U, {}};
  picture.pixels.resize(size_t{picture.width} * picture.height * picture.channels);
  // Progressive pictures of a few bytes can ask for hours of work: refuse too many scans.
  if (tjDecompress2(jpeg.get(), Raw(bytes), size, picture.pixels.data(), width, 0, height,
                    gray ? TJPF_GRAY : TJPF_RGB, TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT) != 0)
    return Refuse(diag, "JPEG image", tjGetErrorStr2(jpeg.get()));
  return picture;
}

// The simplified API of libpng: no longjmp, and the size is known before memory is taken.
class PngImage {
 public:
  PngImage() {
    std::memset(&image_, 0, sizeof image_);
    image_.version = PNG_IMAGE_VERSION;
  }
  ~PngImage() { png_image_free(&image_); }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
  png_image* operator->() { return &image_; }
  png_image* get() { return &image_; }

 private:
  png_image image_;
};

Result<Picture> DecodePng(std::span<const std::byte> bytes, Diag& diag) {
  PngImage png;
  if (png_image_begin_read_from_memory(png.get(), bytes.data(), bytes.size()) == 0)
    return Refuse(diag, "PNG image", png->message);
  COVEY_TRY(CheckSize(diag, "PNG image", png->width, png->height));
  const bool gray = (png->format & PNG_FORMAT_FLAG_COLOR) == 0;
  png->format = gray ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  Picture picture{png->width, png->height, gray ? 1U : 3U, {}};
  picture.pixels.resize(PNG_IMAGE_SIZE(*png.get()));
  const png_color black{0, 0, 0};  // what shows through transparent pixels
  if (png_image_finish_read(png.get(), &black, picture.pixels.data(), 0, nullptr) == 0)
    return Refuse(diag, "PNG image", png->message);
  return picture;
}

}  // namespace

Result<Picture> DecodePicture(const EncodedPicture& encoded, Diag& diag) {
  switch (encoded.format) {
    case ImageFormat::kRawRgb8:
      return DecodeRaw(encoded, 3, diag);
    case ImageFormat::kRawGray8:
      return DecodeRaw(encoded, 1, diag);
    case ImageFormat::kJpeg:
      return DecodeJpeg(encoded.bytes, diag);
    case ImageFormat::kPng:
      return DecodePng(encoded.bytes, diag);
    case ImageFormat::kTensor:
      break;
  }
  return Refuse(diag, "image", "format is neither raw pixels, JPEG nor PNG");
}

}  // namespace covey::serve
