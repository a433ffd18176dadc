#include "apps/covey/eval/page.hpp"

namespace covey::app {
namespace {

constexpr size_t kMostBytes = 64 * 1024;  // of one picture in a report

std::string Base64(std::span<const std::byte> bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<uint32_t>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k)
      text += i + k > bytes.size() ? '=' : kDigits[group >> (18 - 6 * k) & 63];
  }
  return text;
}

void Append(std::vector<std::byte>& to, uint32_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) to.push_back(static_cast<std::byte>(value >> 8 * i));
}

// Raw pixels as a bitmap of 24 bits, which every browser shows: rows from below, BGR, of a multiple
// of four bytes each.
std::vector<std::byte> Bitmap(const Image& image) {
  constexpr uint32_t kHeaders = 14 + 40;
  const size_t row = (size_t{image.width} * 3 + 3) / 4 * 4;
  std::vector<std::byte> file = {std::byte{'B'}, std::byte{'M'}};
  Append(file, static_cast<uint32_t>(kHeaders + row * image.height), 4);
  Append(file, 0, 4);
  Append(file, kHeaders, 4);
  Append(file, 40, 4);
  Append(file, image.width, 4);
  Append(file, image.height, 4);
  Append(file, 1, 2);
  Append(file, 24, 2);
  for (int i = 0; i < 6; ++i) Append(file, 0, 4);
  for (uint32_t y = image.height; y-- > 0;) {
    const std::byte* from = image.bytes.data() + size_t{y} * image.width * 3;
    for (uint32_t x = 0; x < image.width; ++x)
      for (size_t c = 3; c-- > 0;) file.push_back(from[3 * x + c]);
    for (size_t pad = size_t{image.width} * 3; pad < row; ++pad) file.push_back(std::byte{0});
  }
  return file;
}

}  // namespace

std::string DataUri(const Image& image) {
  if (image.bytes.empty() || image.bytes.size() > kMostBytes) return "";
  switch (image.format) {
    case ImageFormat::kJpeg:
      return "data:image/jpeg;base64," + Base64(image.bytes);
    case ImageFormat::kPng:
      return "data:image/png;base64," + Base64(image.bytes);
    case ImageFormat::kRawRgb8:
      if (image.bytes.size() != size_t{image.width} * image.height * 3) return "";
      return "data:image/bmp;base64," + Base64(Bitmap(image));
    default:
      return "";
  }
}

}  // namespace covey::app
