// The jpeg op, as a model, against the library decoder that agents use for files.
#include <gtest/gtest.h>
#include <turbojpeg.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "compiler/compile.hpp"
#include "compiler/signal/signal.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "serve/backends/int8/int8_backend.hpp"
#include "serve/preprocess/picture.hpp"

namespace covey::serve {
namespace {

using Bytes = std::vector<std::byte>;

// A photograph's slopes and edges.
Picture Drawn(uint32_t width, uint32_t height, uint32_t channels, uint32_t seed) {
  std::minstd_rand random(seed + 1);
  Picture picture{width, height, channels, {}};
  for (uint32_t y = 0; y < height; ++y)
    for (uint32_t x = 0; x < width; ++x)
      for (uint32_t c = 0; c < channels; ++c) {
        const uint32_t edge = (x / 5 + y / 7 + c) % 3 * 60;
        picture.pixels.push_back(
            static_cast<uint8_t>(edge + 3 * x + 2 * y * (c + 1) + random() % 24));
      }
  return picture;
}

Bytes Encoded(const Picture& picture, int sampling, int quality, int flags = 0) {
  void* const encoder = tjInitCompress();
  unsigned char* made = nullptr;
  unsigned long size = 0;
  const int failed =
      tjCompress2(encoder, picture.pixels.data(), static_cast<int>(picture.width), 0,
                  static_cast<int>(picture.height), picture.channels == 1 ? TJPF_GRAY : TJPF_RGB,
                  &made, &size, sampling, quality, flags);
  EXPECT_EQ(failed, 0) << tjGetErrorStr2(encoder);
  const auto* const begin = reinterpret_cast<const std::byte*>(made);
  Bytes bytes(begin, begin + size);
  tjFree(made);
  tjDestroy(encoder);
  return bytes;
}

std::unique_ptr<Model> Decoder(uint32_t width, uint32_t height, uint32_t channels, size_t bytes) {
  DiagText diag;
  const compiler::Picture picture{static_cast<int32_t>(height), static_cast<int32_t>(width),
                                  static_cast<int32_t>(channels)};
  const auto graph = compiler::JpegGraph({picture, static_cast<int32_t>(bytes)}, {}, picture, false,
                                         {DType::kInt8, 1, -128}, diag);
  EXPECT_TRUE(graph.ok()) << diag.Text();
  const auto image = compiler::Compile(*graph, diag);
  EXPECT_TRUE(image.ok()) << diag.Text();
  auto model = LoadImage(*image, diag);
  EXPECT_TRUE(model.ok()) << diag.Text();
  return *std::move(model);
}

// Pixels, or why there are none.
std::string Decode(Model& model, const Bytes& jpeg, std::vector<uint8_t>& pixels) {
  InputView input;
  input.data = jpeg;
  DiagText diag;
  std::vector<HostTensor> outputs;
  const Status status = model.RunViews(std::span(&input, 1), outputs, diag);
  if (!status.ok()) return status.message();
  EXPECT_EQ(outputs.size(), 1U);
  pixels.clear();
  for (const std::byte byte : outputs[0].data) pixels.push_back(static_cast<uint8_t>(byte) ^ 0x80);
  return "";
}

void ExpectSamePixels(const Bytes& jpeg, const char* what) {
  SCOPED_TRACE(what);
  DiagText diag;
  const auto expected = DecodePicture({.format = ImageFormat::kJpeg, .bytes = jpeg}, diag);
  ASSERT_TRUE(expected.ok()) << diag.Text();
  const auto model =
      Decoder(expected->width, expected->height, expected->channels, jpeg.size() + 40);
  std::vector<uint8_t> pixels;
  ASSERT_EQ(Decode(*model, jpeg, pixels), "");
  ASSERT_EQ(pixels.size(), expected->pixels.size());
  for (size_t i = 0; i < pixels.size(); ++i)
    ASSERT_EQ(pixels[i], expected->pixels[i])
        << expected->width << 'x' << expected->height << " byte " << i;
}

TEST(JpegOp, GivesTheLibrarysPixelsForEverySamplingAndSize) {
  for (const int sampling : {TJSAMP_444, TJSAMP_422, TJSAMP_420, TJSAMP_GRAY})
    for (uint32_t width = 1; width <= 36; width += 5)
      for (uint32_t height = 1; height <= 35; height += 2)
        ExpectSamePixels(Encoded(Drawn(width, height, sampling == TJSAMP_GRAY ? 1 : 3, width),
                                 sampling, 28 + static_cast<int>(width + height)),
                         "sampling and size");
}

TEST(JpegOp, GivesTheLibrarysPixelsAtEveryQuality) {
  for (int quality = 1; quality <= 100; quality += 3)
    ExpectSamePixels(Encoded(Drawn(48, 32, 3, static_cast<uint32_t>(quality)), TJSAMP_420, quality),
                     "quality");
}

TEST(JpegOp, TakesRestartsAndTablesOfTheirOwn) {
  for (const char* option : {"TJ_RESTART", "TJ_OPTIMIZE"}) {
    ASSERT_EQ(setenv(option, "1", 1), 0);
    const Bytes jpeg = Encoded(Drawn(170, 60, 3, 7), TJSAMP_420, 80);
    ASSERT_EQ(unsetenv(option), 0);
    EXPECT_NE(jpeg, Encoded(Drawn(170, 60, 3, 7), TJSAMP_420, 80)) << option;
    ExpectSamePixels(jpeg, option);
  }
}

TEST(JpegOp, TakesGrayForColourAndColourForGray) {
  std::vector<uint8_t> pixels;
  DiagText diag;
  const Bytes gray = Encoded(Drawn(19, 21, 1, 1), TJSAMP_GRAY, 80);
  ASSERT_EQ(Decode(*Decoder(19, 21, 3, 4096), gray, pixels), "");
  const auto expected = DecodePicture({.format = ImageFormat::kJpeg, .bytes = gray}, diag);
  for (size_t i = 0; i < pixels.size(); ++i) ASSERT_EQ(pixels[i], expected->pixels[i / 3]);

  const Bytes colour = Encoded(Drawn(19, 21, 3, 1), TJSAMP_420, 80);
  ASSERT_EQ(Decode(*Decoder(19, 21, 1, 4096), colour, pixels), "");
  std::vector<uint8_t> bright(19 * 21);
  void* const decoder = tjInitDecompress();
  ASSERT_EQ(tjDecompress2(decoder, reinterpret_cast<const uint8_t*>(colour.data()), colour.size(),
                          bright.data(), 19, 0, 21, TJPF_GRAY, TJFLAG_ACCURATEDCT),
            0);
  tjDestroy(decoder);
  EXPECT_EQ(pixels, bright);
}

TEST(JpegOp, SaysWhatIsWrongWithAStream) {
  std::vector<uint8_t> pixels;
  const auto model = Decoder(32, 32, 3, 8192);
  const Picture drawn = Drawn(32, 32, 3, 1);
  const Bytes jpeg = Encoded(drawn, TJSAMP_420, 90);
  ASSERT_EQ(Decode(*model, jpeg, pixels), "");
  EXPECT_EQ(Decode(*model, Encoded(drawn, TJSAMP_420, 90, TJFLAG_PROGRESSIVE), pixels),
            "jpeg: is progressive, expected baseline");
  EXPECT_EQ(Decode(*model, Encoded(Drawn(33, 32, 3, 1), TJSAMP_420, 90), pixels),
            "jpeg: has another width or height than the model takes");
  EXPECT_EQ(Decode(*model, Encoded(drawn, TJSAMP_411, 90), pixels),
            "jpeg: colours are sampled otherwise than 4:4:4, 4:2:2 or 4:2:0");
  EXPECT_EQ(Decode(*model, Bytes(100, std::byte{7}), pixels),
            "jpeg: no picture, expected it to start with FF D8");
  EXPECT_EQ(Decode(*model, Bytes(jpeg.begin(), jpeg.end() - 30), pixels), "jpeg: ends too early");
  const auto changed = [&](uint8_t marker, size_t at, uint8_t to) {
    Bytes other = jpeg;
    for (size_t i = 2; i + 1 < other.size(); ++i)
      if (other[i] == std::byte{0xFF} && other[i + 1] == std::byte{marker}) {
        other[i + at] = std::byte{to};
        break;
      }
    return Decode(*model, other, pixels);
  };
  EXPECT_EQ(changed(0xC0, 4, 12), "jpeg: has samples of 12 bits or more, expected 8");
  EXPECT_EQ(changed(0xC0, 9, 4), "jpeg: has two or four colours (CMYK), expected three or gray");
  EXPECT_EQ(changed(0xC0, 1, 0xC9),
            "jpeg: is lossless, hierarchical or arithmetically coded, expected baseline");
  EXPECT_EQ(changed(0xDB, 5, 0), "jpeg: a quantisation table is missing or damaged");
  EXPECT_EQ(changed(0xC4, 5, 200), "jpeg: a Huffman table is missing or damaged");
  // And the next picture is decoded as if nothing had been.
  EXPECT_EQ(Decode(*model, jpeg, pixels), "");
}

TEST(JpegOp, RefusesEveryTruncation) {
  std::vector<uint8_t> pixels;
  const auto model = Decoder(16, 24, 3, 4096);
  const Bytes jpeg = Encoded(Drawn(16, 24, 3, 1), TJSAMP_420, 50);
  for (size_t size = 1; size < jpeg.size(); ++size)
    ASSERT_NE(
        Decode(*model, Bytes(jpeg.begin(), jpeg.begin() + static_cast<ptrdiff_t>(size)), pixels),
        "")
        << size;
}

// Whatever the bytes are, the arena's other tenants stay (a sanitizer looks), and pixels are the
// library's where both take the stream.
TEST(JpegOp, SurvivesEveryFlippedByte) {
  const auto model = Decoder(16, 16, 3, 2048);
  const Bytes jpeg = Encoded(Drawn(16, 16, 3, 1), TJSAMP_420, 70);
  std::vector<uint8_t> pixels;
  size_t taken = 0;
  for (size_t at = 0; at < jpeg.size(); ++at)
    for (const int flip : {0x01, 0x80, 0xFF}) {
      Bytes other = jpeg;
      other[at] ^= static_cast<std::byte>(flip);
      taken += Decode(*model, other, pixels).empty() ? 1 : 0;
    }
  EXPECT_GT(taken, 0U);
}

Bytes Read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  Bytes bytes;
  for (std::istreambuf_iterator<char> at(file), end; at != end; ++at)
    bytes.push_back(static_cast<std::byte>(*at));
  return bytes;
}

TEST(JpegOp, GivesTheLibrarysPixelsForPhotographs) {
  const auto data = DataDir();
  if (!data || !std::filesystem::exists(*data / "imagenet/images"))
    GTEST_SKIP() << "COVEY_DATA: no imagenet/images";
  const std::filesystem::path folder = *data / "imagenet/images";
  size_t pictures = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".JPEG" && entry.path().extension() != ".jpg") continue;
    if (pictures++ >= 12) break;
    ExpectSamePixels(Read(entry.path()), entry.path().c_str());
  }
  EXPECT_GT(pictures, 0U);
}

}  // namespace
}  // namespace covey::serve
