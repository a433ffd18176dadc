#include "serve/preprocess/encode.hpp"

#include <gtest/gtest.h>

#include "core/host/diag_text.hpp"

namespace covey::serve {
namespace {

// A smooth picture, as photographs are.
Picture Slopes(uint32_t width, uint32_t height, uint32_t channels) {
  Picture picture{width, height, channels, {}};
  for (uint32_t y = 0; y < height; ++y)
    for (uint32_t x = 0; x < width; ++x)
      for (uint32_t c = 0; c < channels; ++c)
        picture.pixels.push_back(static_cast<uint8_t>(40 + 3 * x + 2 * y + 20 * c));
  return picture;
}

int Farthest(const Picture& a, const Picture& b) {
  int most = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i)
    most = std::max(most, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
  return most;
}

TEST(EncodeJpeg, ComesBackNearlyTheSameInEveryForm) {
  for (const uint32_t channels : {1U, 3U})
    for (const bool half : {false, true})
      for (const bool bare : {false, true}) {
        const Picture picture = Slopes(32, 24, channels);
        DiagText diag;
        const auto jpeg =
            EncodeJpeg(picture, {.quality = 95, .half_colour = half, .bare = bare}, diag);
        ASSERT_TRUE(jpeg.ok()) << diag.Text();
        const auto back = DecodePicture({.format = ImageFormat::kJpeg, .bytes = *jpeg}, diag);
        ASSERT_TRUE(back.ok()) << diag.Text() << channels << half << bare;
        ASSERT_EQ(back->channels, channels);
        ASSERT_EQ(back->pixels.size(), picture.pixels.size());
        EXPECT_LE(Farthest(picture, *back), half ? 24 : 8);
      }
}

TEST(EncodeJpeg, BareIsTheSamePictureWithoutItsTables) {
  const Picture picture = Slopes(32, 32, 3);
  NoDiag diag;
  const auto whole = EncodeJpeg(picture, {.quality = 60}, diag);
  const auto bare = EncodeJpeg(picture, {.quality = 60, .bare = true}, diag);
  ASSERT_TRUE(whole.ok() && bare.ok());
  EXPECT_EQ(whole->size() - bare->size(), 450U);  // JFIF 18, four Huffman tables 432
  const auto a = DecodePicture({.format = ImageFormat::kJpeg, .bytes = *whole}, diag);
  const auto b = DecodePicture({.format = ImageFormat::kJpeg, .bytes = *bare}, diag);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(a->pixels, b->pixels);
}

TEST(EncodePng, GivesBackTheSamePixels) {
  for (const uint32_t channels : {1U, 3U}) {
    const Picture picture = Slopes(33, 17, channels);
    DiagText diag;
    const auto png = EncodePng(picture, diag);
    ASSERT_TRUE(png.ok()) << diag.Text();
    const auto back = DecodePicture({.format = ImageFormat::kPng, .bytes = *png}, diag);
    ASSERT_TRUE(back.ok()) << diag.Text();
    EXPECT_EQ(back->pixels, picture.pixels);
    EXPECT_LT(png->size(), picture.pixels.size());
  }
}

TEST(EncodeJpeg, LowerQualityIsSmaller) {
  const Picture picture = Slopes(64, 64, 3);
  NoDiag diag;
  size_t before = SIZE_MAX;
  for (const int quality : {95, 60, 20}) {
    const auto jpeg = EncodeJpeg(picture, {.quality = quality}, diag);
    ASSERT_TRUE(jpeg.ok());
    EXPECT_LE(jpeg->size(), before);
    before = jpeg->size();
  }
}

TEST(EncodeJpeg, RefusesWhatIsNoPicture) {
  DiagText diag;
  EXPECT_EQ(EncodeJpeg({}, {}, diag).status().code(), Code::kInvalidArgument);
  Picture torn = Slopes(8, 8, 3);
  torn.pixels.pop_back();
  EXPECT_EQ(EncodePng(torn, diag).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(EncodeJpeg(torn, {}, diag).status().code(), Code::kInvalidArgument);
}

TEST(EncodeJpeg, EveryTruncationOfABarePictureIsTakenOrRefused) {
  NoDiag diag;
  const auto jpeg = EncodeJpeg(Slopes(16, 16, 3), {.quality = 50, .bare = true}, diag);
  ASSERT_TRUE(jpeg.ok());
  for (size_t size = 0; size < jpeg->size(); ++size) {
    const auto back =
        DecodePicture({.format = ImageFormat::kJpeg, .bytes = std::span(*jpeg).first(size)}, diag);
    EXPECT_TRUE(!back.ok() || back->pixels.size() == size_t{16} * 16 * 3);
  }
}

TEST(EncodeJpeg, EveryFlippedByteOfABarePictureIsTakenOrRefused) {
  NoDiag diag;
  const auto jpeg = EncodeJpeg(Slopes(16, 16, 3), {.quality = 50, .bare = true}, diag);
  ASSERT_TRUE(jpeg.ok());
  for (size_t i = 0; i < jpeg->size(); ++i)
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::vector<std::byte> broken = *jpeg;
      broken[i] ^= static_cast<std::byte>(flip);
      const auto back = DecodePicture({.format = ImageFormat::kJpeg, .bytes = broken}, diag);
      if (!back.ok()) continue;
      EXPECT_EQ(back->pixels.size(), size_t{back->width} * back->height * back->channels);
    }
}

}  // namespace
}  // namespace covey::serve
