#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "core/status.hpp"
#include "covey/covey.hpp"

namespace covey {
namespace {

constexpr std::array<uint8_t, 3> kJpegStart = {0xFF, 0xD8, 0xFF};
constexpr std::array<uint8_t, 8> kPngStart = {0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A};
constexpr std::streamoff kMaxFileBytes = 256 << 20;

template <size_t N>
bool StartsWith(const std::vector<std::byte>& bytes, const std::array<uint8_t, N>& start) {
  return bytes.size() >= N &&
         std::equal(start.begin(), start.end(), bytes.begin(),
                    [](uint8_t a, std::byte b) { return a == static_cast<uint8_t>(b); });
}

Error MakeError(Code code, const std::string& path, const std::string& problem) {
  return {static_cast<uint32_t>(code), path + ": " + problem};
}

}  // namespace

Expected<Image> Image::File(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return MakeError(Code::kInvalidArgument, path, "is a directory, expected a picture");
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  if (size < 0) return MakeError(Code::kNotFound, path, "cannot be read");
  if (size > kMaxFileBytes)
    return MakeError(Code::kInvalidArgument, path,
                     std::to_string(size) + " bytes, expected a picture of 256 MiB at most");
  Image image;
  image.bytes.resize(static_cast<size_t>(size));
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(image.bytes.data()), size))
    return MakeError(Code::kDataLoss, path, "cannot be read to its end");
  if (StartsWith(image.bytes, kJpegStart)) {
    image.format = ImageFormat::kJpeg;
  } else if (StartsWith(image.bytes, kPngStart)) {
    image.format = ImageFormat::kPng;
  } else {
    return MakeError(Code::kInvalidArgument, path, "is neither JPEG nor PNG by its first bytes");
  }
  return image;
}

Image Image::RawRgb8(uint32_t width, uint32_t height, std::span<const std::byte> pixels) {
  return {ImageFormat::kRawRgb8, width, height, {pixels.begin(), pixels.end()}};
}

Image Image::Tensor(std::span<const std::byte> bytes) {
  return {ImageFormat::kTensor, 0, 0, {bytes.begin(), bytes.end()}};
}

}  // namespace covey
