// What the writer refuses, and that strips, room and size change nothing of the stream. Its bytes
// are held to libjpeg's in serve/preprocess/jpeg_writer_test.cc.
#include "micro/jpeg/writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace covey::micro {
namespace {

using Bytes = std::vector<std::byte>;

Bytes Pixels(const JpegForm& form) {
  Bytes pixels;
  uint32_t state = 7;
  for (uint32_t i = 0; i < form.width * form.height * form.channels; ++i) {
    state = state * 1664525 + 1013904223;
    pixels.push_back(static_cast<std::byte>(i * 3 / form.channels + (state >> 27)));
  }
  return pixels;
}

Bytes Encoded(const JpegForm& form) {
  Bytes room(4096 + 12 * form.width * form.height);
  const auto bytes = EncodeJpeg(form, Pixels(form), room);
  EXPECT_TRUE(bytes.ok()) << bytes.status().message();
  room.resize(bytes.ok() ? *bytes : 0);
  return room;
}

TEST(JpegWriter, NeedsRoomForTheLastByteAndWritesNoneBehindIt) {
  for (const uint32_t channels : {1U, 3U}) {
    const JpegForm form{.width = 19, .height = 35, .channels = channels};
    const Bytes whole = Encoded(form), pixels = Pixels(form);
    for (size_t size = 0; size <= whole.size(); ++size) {
      Bytes room(whole.size() + 1, std::byte{0xA5});
      const auto bytes = EncodeJpeg(form, pixels, std::span(room).first(size));
      ASSERT_EQ(bytes.ok(), size == whole.size()) << size;
      ASSERT_EQ(bytes.status().code(), bytes.ok() ? Code::kOk : Code::kResourceExhausted);
      ASSERT_TRUE(
          std::equal(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size), room.begin()));
      ASSERT_TRUE(std::all_of(room.begin() + static_cast<ptrdiff_t>(size), room.end(),
                              [](std::byte byte) { return byte == std::byte{0xA5}; }));
    }
  }
}

TEST(JpegWriter, TakesAPictureStripByStrip) {
  const JpegForm form{.width = 33, .height = 37};
  const Bytes whole = Encoded(form);
  Bytes room(whole.size());
  JpegWriter jpeg(form, room);
  ASSERT_EQ(jpeg.strip_rows(), 16U);
  for (uint32_t y = 0; y < form.height; y += jpeg.strip_rows()) {
    const size_t row = form.width * 3, rows = std::min(jpeg.strip_rows(), form.height - y);
    const Bytes pixels = Pixels(form);
    const auto* const from = pixels.data() + y * row;
    const Bytes strip(from, from + rows * row);  // in memory of its own
    ASSERT_TRUE(jpeg.Add(strip).ok());
  }
  const auto bytes = jpeg.End();
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(*bytes, whole.size());
  EXPECT_EQ(room, whole);
}

TEST(JpegWriter, RefusesFormsThatNoJpegHas) {
  Bytes room(4096);
  for (const JpegForm& form :
       {JpegForm{}, JpegForm{.width = 8}, JpegForm{.width = 65536, .height = 1},
        JpegForm{.width = 8, .height = 65536}, JpegForm{.width = 8, .height = 8, .channels = 2},
        JpegForm{.width = 8, .height = 8, .channels = 0},
        JpegForm{.width = 8, .height = 8, .quality = 0},
        JpegForm{.width = 8, .height = 8, .quality = 101},
        JpegForm{.width = ~0U, .height = ~0U, .channels = ~0U, .quality = ~0U}}) {
    JpegWriter jpeg(form, room);
    EXPECT_EQ(jpeg.Add({}).code(), Code::kInvalidArgument);
    EXPECT_EQ(jpeg.End().status().code(), Code::kInvalidArgument);
    EXPECT_EQ(EncodeJpeg(form, {}, room).status().code(), Code::kInvalidArgument);
  }
}

TEST(JpegWriter, RefusesStripsOfAnotherSizeAndAnEarlyEnd) {
  Bytes room(4096);
  const JpegForm form{.width = 10, .height = 20};
  const Bytes pixels = Pixels(form);
  JpegWriter jpeg(form, room);
  const size_t strip = 16 * 30;
  EXPECT_EQ(jpeg.Add(std::span(pixels).first(strip - 1)).code(), Code::kInvalidArgument);
  EXPECT_EQ(jpeg.Add(std::span(pixels).first(strip + 1)).code(), Code::kInvalidArgument);
  ASSERT_TRUE(jpeg.Add(std::span(pixels).first(strip)).ok());
  EXPECT_EQ(jpeg.End().status().code(), Code::kFailedPrecondition);
  ASSERT_TRUE(jpeg.Add(std::span(pixels).subspan(strip)).ok());
  EXPECT_EQ(jpeg.Add({}).code(), Code::kInvalidArgument);
  EXPECT_TRUE(jpeg.End().ok());
  EXPECT_EQ(EncodeJpeg(form, std::span(pixels).first(1), room).status().code(),
            Code::kInvalidArgument);
}

TEST(JpegWriter, IsSmall) { EXPECT_LE(sizeof(JpegWriter), 400U); }

}  // namespace
}  // namespace covey::micro
