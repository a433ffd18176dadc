// The device's JPEG writer against the library's encoder: the same bytes.
#include <gtest/gtest.h>
#include <turbojpeg.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "micro/jpeg/writer.hpp"
#include "serve/preprocess/encode.hpp"
#include "serve/preprocess/picture.hpp"

namespace covey::serve {
namespace {

using Bytes = std::vector<std::byte>;
using micro::JpegForm;

Bytes ByLibrary(const JpegForm& form, const std::vector<uint8_t>& pixels) {
  void* const encoder = tjInitCompress();
  unsigned char* made = nullptr;
  unsigned long size = 0;
  const bool gray = form.channels == 1;
  const int failed =
      tjCompress2(encoder, pixels.data(), static_cast<int>(form.width), 0,
                  static_cast<int>(form.height), gray ? TJPF_GRAY : TJPF_RGB, &made, &size,
                  gray                ? TJSAMP_GRAY
                  : form.half_colours ? TJSAMP_420
                                      : TJSAMP_444,
                  static_cast<int>(form.quality), TJFLAG_ACCURATEDCT);
  EXPECT_EQ(failed, 0) << tjGetErrorStr2(encoder);
  const auto* const begin = reinterpret_cast<const std::byte*>(made);
  Bytes bytes(begin, begin + size);
  tjFree(made);
  tjDestroy(encoder);
  return bytes;
}

// True if both encoders make the same bytes.
bool Same(const JpegForm& form, const std::vector<uint8_t>& pixels) {
  const Bytes expected = ByLibrary(form, pixels);
  Bytes room(expected.size());
  const auto bytes = micro::EncodeJpeg(form, std::as_bytes(std::span(pixels)), room);
  if (bytes.ok() && room == expected) return true;
  ADD_FAILURE() << form.width << 'x' << form.height << 'x' << form.channels << " quality "
                << form.quality << (form.half_colours ? " 4:2:0" : " 4:4:4") << ": "
                << bytes.status().message() << ", byte "
                << std::mismatch(room.begin(), room.end(), expected.begin()).first - room.begin()
                << " of " << expected.size();
  return false;
}

// Slopes and edges with noise, or noise alone, which has the largest coefficients.
std::vector<uint8_t> Drawn(const JpegForm& form, uint32_t seed) {
  std::minstd_rand random(seed + 1);
  std::vector<uint8_t> pixels;
  for (uint32_t y = 0; y < form.height; ++y)
    for (uint32_t x = 0; x < form.width; ++x)
      for (uint32_t c = 0; c < form.channels; ++c) {
        const uint32_t edge = (x / 5 + y / 7 + c) % 3 * 60;
        const auto noise = static_cast<uint32_t>(random());
        pixels.push_back(static_cast<uint8_t>(
            seed % 4 == 3 ? (noise >> 9 & 1) * 255 : edge + 3 * x + 2 * y * (c + 1) + noise % 24));
      }
  return pixels;
}

constexpr JpegForm kForms[] = {
    {.channels = 1}, {.channels = 3, .half_colours = false}, {.channels = 3, .half_colours = true}};

TEST(JpegWriterAndLibrary, MakeTheSameBytesOfEverySize) {
  for (JpegForm form : kForms)
    for (form.width = 1; form.width <= 35; ++form.width)
      for (form.height = 1; form.height <= 35; form.height += 1 + form.width % 3) {
        form.quality = 1 + (form.width * 37 + form.height * 11) % 100;
        if (!Same(form, Drawn(form, form.width + form.height))) return;
      }
}

TEST(JpegWriterAndLibrary, LeaveOutTheSameBytesOfABareStream) {
  for (JpegForm form : kForms) {
    form.width = 40, form.height = 27, form.quality = 85, form.bare = true;
    const std::vector<uint8_t> pixels = Drawn(form, 5);
    DiagText diag;
    const auto expected = EncodeJpeg(
        {form.width, form.height, form.channels, pixels},
        {.quality = 85, .half_colour = form.half_colours && form.channels == 3, .bare = true},
        diag);
    ASSERT_TRUE(expected.ok()) << diag.Text();
    Bytes room(expected->size());
    const auto bytes = micro::EncodeJpeg(form, std::as_bytes(std::span(pixels)), room);
    ASSERT_TRUE(bytes.ok()) << bytes.status().message();
    EXPECT_EQ(room, *expected);
  }
}

TEST(JpegWriterAndLibrary, MakeTheSameBytesAtEveryQuality) {
  for (JpegForm form : kForms)
    for (form.width = 50, form.height = 41, form.quality = 1; form.quality <= 100; ++form.quality)
      if (!Same(form, Drawn(form, form.quality))) return;
}

TEST(JpegWriterAndLibrary, MakeTheSameBytesOfPhotographs) {
  const auto data = DataDir();
  if (!data || !std::filesystem::exists(*data / "imagenet/images"))
    GTEST_SKIP() << "COVEY_DATA: no imagenet/images";
  uint32_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*data / "imagenet/images")) {
    if (entry.path().extension() != ".jpg" && entry.path().extension() != ".JPEG") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    DiagText diag;
    const auto picture = DecodePicture(
        {.format = ImageFormat::kJpeg, .bytes = std::as_bytes(std::span(bytes))}, diag);
    ASSERT_TRUE(picture.ok()) << entry.path() << ": " << diag.Text();
    const JpegForm form{.width = picture->width,
                        .height = picture->height,
                        .channels = picture->channels,
                        .quality = 30 + count * 7 % 66,
                        .half_colours = count % 3 != 0};
    if (!Same(form, picture->pixels)) return;
    if (++count == 25) return;
  }
  EXPECT_GT(count, 0U);
}

}  // namespace
}  // namespace covey::serve
