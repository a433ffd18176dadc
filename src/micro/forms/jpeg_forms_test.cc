// The form of a device's picture: what is chosen, what is written, and what when it cannot be.
#include "micro/forms/jpeg_forms.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/profile.hpp"
#include "micro/jpeg/writer.hpp"
#include "wire/rpc/host/script_link.hpp"

namespace covey::micro {
namespace {

constexpr uint64_t kEver = UINT64_MAX;

struct Camera {
  uint32_t width, height;
  covey_format format = COVEY_RAW_RGB8;
  size_t break_at = SIZE_MAX, next = 0, most = 0;
  wire::FakeClock* clock = nullptr;
  uint64_t ns_per_byte = 0;

  size_t channels() const { return format == COVEY_RAW_RGB8 ? 3 : 1; }
  size_t size() const { return size_t{width} * height * channels(); }
  static std::byte At(size_t i) { return static_cast<std::byte>(i / 5 + i % 7); }
  std::vector<std::byte> Pixels() const {
    std::vector<std::byte> pixels(size());
    for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = At(i);
    return pixels;
  }
  static bool Read(void* context, size_t offset, void* buffer, size_t size) {
    Camera& camera = *static_cast<Camera*>(context);
    if (offset == 0) camera.next = 0;
    EXPECT_EQ(offset, camera.next) << "in order";
    EXPECT_LE(offset + size, camera.size());
    if (offset + size > camera.break_at) return false;
    camera.next += size;
    camera.most = std::max(camera.most, size);
    if (camera.clock != nullptr) camera.clock->now_ns += size * camera.ns_per_byte;
    for (size_t i = 0; i < size; ++i) static_cast<std::byte*>(buffer)[i] = At(offset + i);
    return true;
  }
  covey_input input() {
    return {.format = format,
            .width = width,
            .height = height,
            .size = size(),
            .read = Read,
            .context = this};
  }
};

std::vector<std::byte> BytesOf(const covey_input& input) {
  std::vector<std::byte> bytes(input.size);
  EXPECT_TRUE(input.read(input.context, 0, bytes.data(), bytes.size()));
  return bytes;
}

class JpegFormsTest : public testing::Test {
 protected:
  static constexpr JpegProfile kTwo[] = {{.quality = 90, .agrees = 9'950, .bytes = 2'000},
                                         {.quality = 50, .agrees = 9'000, .bytes = 900}};
  // A link that takes 1 ms and so much for each byte, known from both sizes.
  void Teach(uint32_t us_per_byte) {
    for (int i = 0; i < 40; ++i) {
      forms.Answered(900, 1'000 + 900 * us_per_byte, false);
      forms.Answered(6'912, 1'000 + 6'912 * us_per_byte, false);
    }
  }
  covey_input Make(Camera& from, uint16_t keep = 9'900, uint64_t until_ns = kEver) {
    const covey_input input = from.input();
    const Result<covey_input> made = forms.Make(input, keep, until_ns);
    EXPECT_TRUE(made.ok()) << made.status().message();
    return made.ok() ? *made : input;
  }

  wire::FakeClock clock;
  std::vector<std::byte> room = std::vector<std::byte>(16'000);
  JpegForms forms{clock, kTwo, room};
  Camera camera{48, 48};
};

TEST_F(JpegFormsTest, ASlowLinkTakesJpegAndAFastOneRaw) {
  Teach(10);
  covey_input made;
  for (int i = 0; i < 3; ++i) made = Make(camera);
  EXPECT_EQ(made.format, COVEY_JPEG);
  EXPECT_STREQ(forms.name(), "jpeg:90:420");
  Teach(0);
  for (int i = 0; i < 3; ++i) made = Make(camera);
  EXPECT_EQ(made.format, COVEY_RAW_RGB8);
  EXPECT_STREQ(forms.name(), "raw");
}

TEST_F(JpegFormsTest, AFormThatKeepsTooFewAnswersIsNotSent) {
  Teach(100);
  for (int i = 0; i < 20; ++i) {
    Make(camera, 9'960);
    EXPECT_STREQ(forms.name(), "raw");
    Make(camera, 9'900);
    EXPECT_STRNE(forms.name(), "jpeg:50:420");
  }
  Make(camera, 9'000);
  EXPECT_STREQ(forms.name(), "jpeg:50:420");
}

TEST_F(JpegFormsTest, WritesWhatTheWriterWritesFromStripsOfAnySize) {
  Teach(10'000);
  const covey_format kFormats[] = {COVEY_RAW_RGB8, COVEY_RAW_GRAY8};
  for (const auto& [width, height] : {std::pair(48U, 48U), {33U, 17U}, {47U, 31U}, {200U, 5U}}) {
    for (const covey_format format : kFormats) {
      Camera odd{width, height, format};
      std::vector<std::byte> expected(size_t{1} << 16);
      const auto size = EncodeJpeg({.width = width,
                                    .height = height,
                                    .channels = static_cast<uint32_t>(odd.channels()),
                                    .quality = 50},
                                   odd.Pixels(), expected);
      ASSERT_TRUE(size.ok());
      expected.resize(*size);
      JpegForms one(clock, std::span(kTwo).last(1), room);
      for (int i = 0; i < 40; ++i)
        one.Answered(i % 2 == 0 ? 10 : 1'000, 1 + i % 2 * 9'000'000, false);
      const auto made = one.Make(odd.input(), 1, kEver);
      ASSERT_TRUE(made.ok());
      if (*size >= odd.size() || odd.size() <= 900) {
        EXPECT_EQ(made->format, odd.format) << width << "x" << height << ": no smaller";
        continue;
      }
      EXPECT_EQ(made->format, COVEY_JPEG) << width << "x" << height;
      EXPECT_EQ(BytesOf(*made), expected) << width << "x" << height;
      EXPECT_LE(odd.most, size_t{16} * width * odd.channels()) << "never in one piece";
    }
  }
}

TEST_F(JpegFormsTest, APictureThatNoJpegMakesSmallerGoesAsItIs) {
  Teach(10'000);
  for (const covey_format format : {COVEY_RAW_RGB8, COVEY_RAW_GRAY8}) {
    Camera dot{1, 1, format};
    const covey_input made = Make(dot, 1);
    EXPECT_EQ(made.format, format);
    EXPECT_EQ(BytesOf(made), dot.Pixels());
  }
  Camera wide{70'000, 1};  // more than a JPEG can say
  EXPECT_EQ(Make(wide, 1).format, COVEY_RAW_RGB8);
}

// At every size of the room: a whole JPEG that fits, or the picture as it is.
TEST_F(JpegFormsTest, RoomsOfAnySizeGiveAWholePicture) {
  std::vector<std::byte> whole(size_t{1} << 16);
  const auto full = EncodeJpeg({.width = 48, .height = 48, .quality = 90}, camera.Pixels(), whole);
  const auto small = EncodeJpeg({.width = 48, .height = 48, .quality = 50}, camera.Pixels(), whole);
  ASSERT_TRUE(full.ok() && small.ok());
  constexpr size_t kRows = 16 * 48 * 3;
  size_t raw = 0, fine = 0, coarse = 0;
  for (size_t size = 0; size < kRows + *full + 40; size += size < kRows ? 173 : 7) {
    const std::span<std::byte> part = std::span(room).first(size);
    std::memset(room.data(), 0x5A, room.size());
    JpegForms tight(clock, kTwo, part);
    for (int i = 0; i < 40; ++i)
      tight.Answered(i % 2 == 0 ? 900 : 6'912, 1 + i % 2 * 9'000'000, false);
    const auto made = tight.Make(camera.input(), 1, kEver);
    ASSERT_TRUE(made.ok());
    const std::string name = tight.name();
    raw += name == "raw", fine += name == "jpeg:90:420", coarse += name == "jpeg:50:420";
    if (name == "raw") {
      EXPECT_LT(size, kRows + *small);
      EXPECT_EQ(BytesOf(*made), camera.Pixels());
    } else {
      const std::vector<std::byte> stream = BytesOf(*made);
      ASSERT_GT(stream.size(), 4U);
      EXPECT_EQ(stream[0], std::byte{0xFF});
      EXPECT_EQ(stream[stream.size() - 2], std::byte{0xFF});
      EXPECT_EQ(stream[stream.size() - 1], std::byte{0xD9});
    }
    for (size_t i = size; i < room.size(); ++i) ASSERT_EQ(room[i], std::byte{0x5A}) << size;
  }
  EXPECT_GT(raw, 0U);
  EXPECT_GT(coarse, 0U);
  EXPECT_EQ(fine, 0U) << "the coarse form is faster wherever the fine one fits";
}

TEST_F(JpegFormsTest, AFormThatDidNotFitRestsAndIsTriedAgain) {
  JpegForms tight(clock, std::span(kTwo).first(1), std::span(room).first(16 * 48 * 3 + 50));
  for (int i = 0; i < 40; ++i)
    tight.Answered(i % 2 == 0 ? 900 : 6'912, 1 + i % 2 * 9'000'000, false);
  size_t begun = 0;
  for (int i = 0; i < 64; ++i) {
    camera.most = 0;
    const auto made = tight.Make(camera.input(), 9'900, kEver);
    ASSERT_TRUE(made.ok());
    EXPECT_EQ(made->format, COVEY_RAW_RGB8);
    begun += camera.most > 0;
  }
  EXPECT_EQ(begun, 4U) << "once in 16 pictures";
}

TEST_F(JpegFormsTest, APictureThatBreaksOffIsTheCallersFault) {
  Teach(10);
  camera.break_at = 3'000;
  const auto made = forms.Make(camera.input(), 9'900, kEver);
  EXPECT_EQ(made.status().code(), Code::kInvalidArgument);
}

TEST_F(JpegFormsTest, StopsWritingWhenThereIsNoTimeLeft) {
  Teach(10);
  camera.clock = &clock;
  camera.ns_per_byte = 1'000;
  const uint64_t begin_ns = clock.now_ns;
  const auto made = forms.Make(camera.input(), 9'900, begin_ns + 1);
  EXPECT_EQ(made.status().code(), Code::kDeadlineExceeded);
  EXPECT_LE(clock.now_ns - begin_ns, 16U * 48 * 3 * 1'000) << "one strip too many at most";
}

TEST_F(JpegFormsTest, ABareFormIsSmallerBySoMuchAsEveryJpegHas) {
  size_t sizes[2] = {};
  for (const bool bare : {false, true}) {
    const JpegProfile form[] = {{.quality = 97, .bare = bare, .agrees = 9'900, .bytes = 1}};
    JpegForms one(clock, form, room);
    for (int i = 0; i < 40; ++i)
      one.Answered(i % 2 == 0 ? 10 : 9'000, 1 + i % 2 * 9'000'000, false);
    const auto made = one.Make(camera.input(), 9'000, kEver);
    ASSERT_TRUE(made.ok());
    EXPECT_STREQ(one.name(), bare ? "bare:97:420" : "jpeg:97:420");
    sizes[bare] = made->size;
  }
  EXPECT_NEAR(static_cast<double>(sizes[0] - sizes[1]), 450, 2);
}

// Whatever is sent as it is comes too late, and each time the connection is given up.
TEST_F(JpegFormsTest, ALinkThatIsTooSlowForPixelsGetsJpeg) {
  int jpegs = 0;
  for (int i = 0; i < 20; ++i) {
    if (Make(camera).format == COVEY_JPEG) {
      ++jpegs;
      forms.Answered(2'000, 300'000, /*cold=*/jpegs == 1);
    } else {
      forms.Failed(6'912, 500'000, /*cold=*/i == 0);
    }
  }
  EXPECT_GE(jpegs, 18);
}

TEST_F(JpegFormsTest, LearnsWhatWritingTakes) {
  Teach(2);  // 6.9 kB as they are take 14.8 ms, 2 kB 5 ms
  camera.clock = &clock;
  camera.ns_per_byte = 10'000;  // writing: 69 ms
  int jpegs = 0;
  for (int i = 0; i < 32; ++i) jpegs += Make(camera).format == COVEY_JPEG;
  EXPECT_GE(jpegs, 1);
  EXPECT_LE(jpegs, 4) << "slower than what it saves";
  EXPECT_NEAR(forms.ns_per_pixel(), 30'000, 1'000);
}

TEST_F(JpegFormsTest, AnAgentThatRefusedGetsPicturesAsTheyAreUntilAnotherIsMeant) {
  Teach(10);
  Make(camera), Make(camera);
  EXPECT_EQ(Make(camera).format, COVEY_JPEG);
  forms.Refused();
  EXPECT_STREQ(forms.name(), "raw");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Make(camera).format, COVEY_RAW_RGB8);
  forms.Forget();
  Teach(10);
  Make(camera), Make(camera);
  EXPECT_EQ(Make(camera).format, COVEY_JPEG);
}

TEST_F(JpegFormsTest, AProfileThatIsNoJpegSendsPicturesAsTheyAre) {
  constexpr JpegProfile kWrong[] = {{.quality = 0, .agrees = kOne, .bytes = 0},
                                    {.quality = 255, .agrees = kOne, .bytes = 1}};
  JpegForms wrong(clock, kWrong, room);
  for (int i = 0; i < 20; ++i) {
    const auto made = wrong.Make(camera.input(), 1, kEver);
    ASSERT_TRUE(made.ok());
    EXPECT_EQ(made->format, COVEY_RAW_RGB8);
  }
}

}  // namespace
}  // namespace covey::micro
